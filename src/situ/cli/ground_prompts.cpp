// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "situ/cli/ground_plan.h"
#include "situ/cli/split.h"

namespace situ {
namespace {

// Whatever the network's memory, more is a mistake.
constexpr std::size_t kMostThings = 4096;
constexpr std::size_t kMostPoints = 256;
constexpr const char* kBoxForm = "boxes: expected x0,y0,x1,y1;… with x0 < x1 and y0 < y1, got '";
constexpr const char* kPointForm =
    "points: expected x,y or x,y,label with label 0 or 1, joined by + for one thing and by ; for "
    "several, got '";

std::vector<float> numbers_of(const std::string& text, const char* form) {
  std::vector<float> numbers;
  for (const std::string& part : split(text, ',')) {
    float value = 0;
    const char* const end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, value);
    if (error != std::errc() || stop != end || !std::isfinite(value)) {
      throw std::invalid_argument(form + text + "'");
    }
    numbers.push_back(value);
  }
  return numbers;
}

std::vector<std::string> things_of(std::string text, const char* name) {
  std::erase_if(text, [](char sign) { return sign == ' ' || sign == '\n' || sign == '\t'; });
  if (text.ends_with(';')) text.pop_back();
  std::vector<std::string> things = split(text, ';');
  if (things.size() > kMostThings) {
    throw std::invalid_argument(std::string(name) + ": expected at most 4096, got " +
                                std::to_string(things.size()));
  }
  return things;
}

at::Tensor parse_boxes(const std::string& text) {
  const std::vector<std::string> things = things_of(text, "boxes");
  at::Tensor boxes = at::empty({static_cast<int64_t>(things.size()), 4}, at::kFloat);
  for (std::size_t i = 0; i < things.size(); ++i) {
    const std::vector<float> box = numbers_of(things[i], kBoxForm);
    if (box.size() != 4 || box[0] >= box[2] || box[1] >= box[3]) {
      throw std::invalid_argument(kBoxForm + things[i] + "'");
    }
    std::copy(box.begin(), box.end(), boxes.mutable_data_ptr<float>() + 4 * i);
  }
  return boxes;
}

struct Point {
  float x = 0;
  float y = 0;
  int64_t label = 1;
};

std::vector<Point> points_of_thing(const std::string& text) {
  std::vector<Point> points;
  for (const std::string& part : split(text, '+')) {
    const std::vector<float> given = numbers_of(part, kPointForm);
    const bool labelled = given.size() == 3;
    if ((given.size() != 2 && !labelled) || (labelled && given[2] != 0 && given[2] != 1)) {
      throw std::invalid_argument(kPointForm + part + "'");
    }
    points.push_back({given[0], given[1], labelled ? static_cast<int64_t>(given[2]) : 1});
  }
  if (points.size() > kMostPoints) {
    throw std::invalid_argument("points: expected at most 256 for one thing, got " +
                                std::to_string(points.size()));
  }
  return points;
}

void parse_points(const std::string& text, SegmentPrompts& prompts) {
  std::vector<std::vector<Point>> things;
  std::size_t most = 0;
  for (const std::string& thing : things_of(text, "points")) {
    things.push_back(points_of_thing(thing));
    most = std::max(most, things.back().size());
  }
  const auto count = static_cast<int64_t>(things.size()), each = static_cast<int64_t>(most);
  prompts.points = at::zeros({count, each, 2}, at::kFloat);
  prompts.labels = at::full({count, each}, -1, at::kLong);  // things with fewer points
  auto points = prompts.points.accessor<float, 3>();
  auto labels = prompts.labels.accessor<int64_t, 2>();
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<Point>& own = things[static_cast<std::size_t>(i)];
    for (int64_t k = 0; k < static_cast<int64_t>(own.size()); ++k) {
      const Point& point = own[static_cast<std::size_t>(k)];
      points[i][k][0] = point.x;
      points[i][k][1] = point.y;
      labels[i][k] = point.label;
    }
  }
}

}  // namespace

SegmentPrompts parse_prompts(const std::optional<std::string>& boxes,
                             const std::optional<std::string>& points) {
  SegmentPrompts prompts;
  if (boxes) prompts.boxes = parse_boxes(*boxes);
  if (points) parse_points(*points, prompts);
  if (boxes && points && prompts.boxes.size(0) != prompts.points.size(0)) {
    throw std::invalid_argument("points: expected those of each of the " +
                                std::to_string(prompts.boxes.size(0)) + " boxes, got " +
                                std::to_string(prompts.points.size(0)));
  }
  return prompts;
}

}  // namespace situ
