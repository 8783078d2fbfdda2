// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/picture_delta.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/core/tensor_check.h"
#include "situ/io/digest.h"

namespace situ {
namespace {

void check_picture(const at::Tensor& picture, const char* where) {
  if (picture.defined() && picture.dim() == 2 && picture.scalar_type() == at::kInt) return;
  check_dtype(picture, at::kByte, where);
  if (picture.dim() == 3) {
    check_shape(picture, {"C", "H", "W"}, where);
  } else {
    check_shape(picture, {"H", "W"}, where);
  }
}

at::Tensor inside(const at::Tensor& picture, const Box& box) {
  return picture.slice(-2, box.y0, box.y1).slice(-1, box.x0, box.x1);
}

}  // namespace

PictureDelta picture_delta(const at::Tensor& base, const at::Tensor& changed) {
  check_picture(base, "picture_delta: base");
  check_picture(changed, "picture_delta: changed");
  if (base.sizes() != changed.sizes() || base.scalar_type() != changed.scalar_type()) {
    throw std::invalid_argument("picture_delta: expected pictures of one shape and dtype, got " +
                                shape_text(base) + " and " + shape_text(changed));
  }
  at::Tensor differs = base.ne(changed);
  if (differs.dim() == 3) differs = differs.any(0);
  PictureDelta delta;
  delta.box = bounding_box(differs.cpu()).value_or(Box{});
  // Of uint8, libtorch's subtraction is modulo 256.
  delta.values = (inside(changed, delta.box) - inside(base, delta.box)).contiguous();
  return delta;
}

at::Tensor apply_delta(const at::Tensor& base, const PictureDelta& delta) {
  check_picture(base, "apply_delta: base");
  const Box& box = delta.box;
  const bool in_picture = box.x0 >= 0 && box.y0 >= 0 && box.x0 <= box.x1 && box.y0 <= box.y1 &&
                          box.x1 <= base.size(-1) && box.y1 <= base.size(-2);
  if (!in_picture || !delta.values.defined() || delta.values.scalar_type() != base.scalar_type() ||
      inside(base, box).sizes() != delta.values.sizes()) {
    throw std::invalid_argument("apply_delta: it does not fit a picture of " + shape_text(base));
  }
  at::Tensor changed = base.clone();
  inside(changed, box).add_(delta.values);
  return changed;
}

std::string pixels_sha256(const at::Tensor& picture) {
  check_picture(picture, "pixels_sha256: picture");
  const at::Tensor dense = picture.cpu().contiguous();
  Digest digest(Digest::Kind::kSha256);
  digest.add(shape_text(dense));
  digest.add(dense.scalar_type() == at::kByte ? "uint8" : "int32");
  digest.add({static_cast<const char*>(dense.data_ptr()), dense.nbytes()});
  return digest.hex();
}

}  // namespace situ
