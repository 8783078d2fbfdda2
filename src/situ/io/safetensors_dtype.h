// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string_view>

namespace situ {

struct SafetensorsDtype {
  std::string_view name;
  at::ScalarType dtype;
};

/// The dtypes that situ reads and writes, with their names in the format.
inline constexpr std::array kSafetensorsDtypes = {
    SafetensorsDtype{"F64", at::ScalarType::Double},
    SafetensorsDtype{"F32", at::ScalarType::Float},
    SafetensorsDtype{"F16", at::ScalarType::Half},
    SafetensorsDtype{"BF16", at::ScalarType::BFloat16},
    SafetensorsDtype{"I64", at::ScalarType::Long},
    SafetensorsDtype{"I32", at::ScalarType::Int},
    SafetensorsDtype{"I16", at::ScalarType::Short},
    SafetensorsDtype{"I8", at::ScalarType::Char},
    SafetensorsDtype{"U8", at::ScalarType::Byte},
    SafetensorsDtype{"BOOL", at::ScalarType::Bool},
};

}  // namespace situ
