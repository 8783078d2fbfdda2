// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "situ/core/tensor_check.h"
#include "situ/io/atomic_file.h"
#include "situ/io/safetensors.h"
#include "situ/io/safetensors_dtype.h"

namespace situ {
namespace {

constexpr size_t kHeaderAlignment = 8;

using Named = std::pair<const std::string, at::Tensor>;

std::string_view dtype_name(const Named& named) {
  const auto& [name, tensor] = named;
  const std::string where = "save_safetensors: tensor \"" + name + "\"";
  if (!tensor.defined()) throw std::invalid_argument(where + ": an undefined tensor");
  if (tensor.layout() != at::kStrided || tensor.is_quantized()) {
    throw std::invalid_argument(where + ": expected a dense tensor");
  }
  for (const SafetensorsDtype& candidate : kSafetensorsDtypes) {
    if (candidate.dtype == tensor.scalar_type()) return candidate.name;
  }
  throw std::invalid_argument(where + ": dtype " + c10::toString(tensor.scalar_type()) +
                              " is not supported");
}

std::vector<const Named*> data_order(const std::map<std::string, at::Tensor>& tensors) {
  std::vector<const Named*> order;
  for (const Named& named : tensors) order.push_back(&named);
  std::stable_sort(order.begin(), order.end(), [](const Named* a, const Named* b) {
    return a->second.element_size() > b->second.element_size();
  });
  return order;
}

std::string padded_header(const std::map<std::string, at::Tensor>& tensors,
                          const std::map<std::string, std::string>& metadata) {
  for (const Named& named : tensors) dtype_name(named);
  nlohmann::json header = nlohmann::json::object();  // a std::map: the keys come sorted
  if (!metadata.empty()) header["__metadata__"] = metadata;
  int64_t offset = 0;
  for (const Named* named : data_order(tensors)) {
    const auto& [name, tensor] = *named;
    if (name == "__metadata__") {
      throw std::invalid_argument("save_safetensors: no tensor may be named __metadata__");
    }
    const int64_t end = offset + static_cast<int64_t>(tensor.nbytes());
    header[name] = {{"dtype", dtype_name(*named)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error&) {
    throw std::invalid_argument("save_safetensors: a name or a metadata text is not UTF-8");
  }
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  return text;
}

}  // namespace

void save_safetensors(const std::filesystem::path& path,
                      const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const std::string header = padded_header(tensors, metadata);
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> (8 * i) & 0xff);
  AtomicFile file(path);
  file.write(length);
  file.write(header);
  for (const Named* named : data_order(tensors)) {
    const at::Tensor dense = named->second.detach().cpu().contiguous();
    file.write({static_cast<const char*>(dense.data_ptr()), dense.nbytes()});
  }
  file.commit();
}

}  // namespace situ
