// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/relative_window_attention.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/nn/attention.h"
#include "situ/nn/attention_kernel.h"
#include "situ/nn/token_windows.h"

namespace situ {
namespace {

// Terms of the keys' rows (axis 0) or columns (axis 1): [N, heads, side * side, side].
at::Tensor position_terms(const at::Tensor& q, const at::Tensor& table, std::int64_t heads,
                          std::int64_t side, std::int64_t axis) {
  const at::Tensor place = at::arange(side, at::TensorOptions(at::kLong).device(q.device()));
  const at::Tensor index = place.unsqueeze(1) - place.unsqueeze(0) + (side - 1);
  const at::Tensor of_place = table.index_select(0, index.flatten()).view({side, side, -1});
  const at::Tensor queries = q.reshape({q.size(0), side, side, heads, -1});
  const at::Tensor terms =
      at::einsum(axis == 0 ? "nyxhd,ykd->nhyxk" : "nyxhd,xkd->nhyxk", {queries, of_place});
  return terms.reshape({q.size(0), heads, side * side, side});
}

// libtorch's attention, some queries at a time, so that the bias of all pairs is never held.
at::Tensor portable_attention(const at::Tensor& qkv, const at::Tensor& padding, std::int64_t heads,
                              const at::Tensor& rows, const at::Tensor& columns,
                              const TokenWindows& windows) {
  constexpr std::int64_t kQueries = 512;
  const std::vector<at::Tensor> parts = cut_into_windows(qkv, windows, padding).chunk(3, 2);
  const at::Tensor& q = parts[0];
  const at::Tensor of_rows = position_terms(q, rows, heads, windows.side, 0);
  const at::Tensor of_columns = position_terms(q, columns, heads, windows.side, 1);
  std::vector<at::Tensor> attended;
  for (std::int64_t begin = 0; begin < q.size(1); begin += kQueries) {
    const std::int64_t count = std::min(kQueries, q.size(1) - begin);
    const at::Tensor bias = of_rows.narrow(2, begin, count).unsqueeze(4) +
                            of_columns.narrow(2, begin, count).unsqueeze(3);
    attended.push_back(
        biased_attention(q.narrow(1, begin, count), parts[1], parts[2], heads, bias.flatten(3)));
  }
  return join_windows(at::cat(attended, 1), windows);
}

// The row of each window's tokens among all tokens, or -1: [B * windows, side * side].
at::Tensor places_of(const TokenWindows& w) {
  const at::Tensor all = at::arange(w.pictures * w.height * w.width, at::kInt)
                             .view({w.pictures, w.height, w.width, 1});
  return cut_into_windows(all, w, at::full({1}, -1, at::kInt)).contiguous();
}

at::Tensor kernel_attention(const AttentionKernel& kernel, const at::Tensor& qkv,
                            const at::Tensor& padding, std::int64_t heads, const at::Tensor& rows,
                            const at::Tensor& columns, const TokenWindows& windows) {
  const std::int64_t width = qkv.size(3) / 3, head_size = width / heads;
  const at::Tensor out =
      at::empty({windows.pictures, windows.height, windows.width, width}, qkv.options());
  const at::Tensor places = places_of(windows);
  const auto operand = [&](std::int64_t part) {
    return AttentionOperand{.data = qkv.narrow(3, part * width, width).const_data_ptr(),
                            .row_stride = qkv.size(3),
                            .padding = padding.narrow(0, part * width, width).const_data_ptr()};
  };
  AttentionProblem problem{.q = operand(0),
                           .k = operand(1),
                           .v = operand(2),
                           .out = out.data_ptr(),
                           .batch = places.size(0),
                           .queries = places.size(1),
                           .keys = places.size(1),
                           .heads = heads,
                           .head_size = head_size,
                           .scale = 1 / std::sqrt(static_cast<float>(head_size)),
                           .bias = {.side = windows.side},
                           .places = places.const_data_ptr<int>()};
  const at::Tensor tables = at::empty({2, kernel.packed_table_words(problem)}, at::kInt);
  const auto packed = [&](std::int64_t i, const at::Tensor& table) {
    auto* to = reinterpret_cast<std::uint32_t*>(tables[i].data_ptr<int>());
    kernel.pack_table(problem, table.const_data_ptr(), to);
    return to;
  };
  problem.bias.rows = packed(0, rows);
  problem.bias.columns = packed(1, columns);
  run_attention(kernel, problem);
  return out;
}

// The kernel that takes these operands, or nullptr.
const AttentionKernel* kernel_for(const std::vector<at::Tensor>& operands, std::int64_t head_size) {
  const at::ScalarType dtype = operands[0].scalar_type();
  const bool taken = std::all_of(operands.begin(), operands.end(), [&](const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == dtype &&
           !(c10::GradMode::is_enabled() && x.requires_grad());
  });
  if (!taken || (dtype != at::kFloat && dtype != at::kBFloat16) ||
      head_size > AttentionKernel::kMaxHeadSize || operands[0].numel() == 0 ||
      operands[0].numel() / operands[0].size(3) > std::numeric_limits<std::int32_t>::max()) {
    return nullptr;
  }
  return attention_kernel(dtype == at::kFloat ? AttentionElement::kFloat32
                                              : AttentionElement::kBFloat16);
}

}  // namespace

at::Tensor relative_window_attention(const at::Tensor& qkv, const at::Tensor& padding,
                                     std::int64_t heads, const at::Tensor& rows,
                                     const at::Tensor& columns) {
  check_shape(qkv, {"B", "H", "W", "3D"}, "relative_window_attention: qkv");
  if (heads < 1 || qkv.size(3) % (3 * heads) != 0) {
    throw std::invalid_argument("relative_window_attention: " + shape_text(qkv) +
                                " are no queries, keys and values of " + std::to_string(heads) +
                                " heads");
  }
  const std::int64_t head_size = qkv.size(3) / 3 / heads;
  check_shape(padding, {std::to_string(qkv.size(3))}, "relative_window_attention: padding");
  check_shape(rows, {"2s-1", std::to_string(head_size)}, "relative_window_attention: rows");
  check_shape(columns, {std::to_string(rows.size(0)), std::to_string(head_size)},
              "relative_window_attention: columns");
  if (rows.size(0) % 2 == 0) {
    throw std::invalid_argument("relative_window_attention: expected an odd number of distances");
  }
  const TokenWindows windows{.pictures = qkv.size(0),
                             .height = qkv.size(1),
                             .width = qkv.size(2),
                             .side = (rows.size(0) + 1) / 2};
  if (const AttentionKernel* kernel = kernel_for({qkv, padding, rows, columns}, head_size)) {
    return kernel_attention(*kernel, qkv.contiguous(), padding.contiguous(), heads,
                            rows.contiguous(), columns.contiguous(), windows);
  }
  return portable_attention(qkv, padding, heads, rows, columns, windows);
}

}  // namespace situ
