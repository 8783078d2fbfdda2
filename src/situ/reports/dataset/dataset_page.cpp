// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/dataset/dataset_page.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "situ/core/errors.h"
#include "situ/generation/dataset_folder.h"
#include "situ/generation/finished_dataset.h"
#include "situ/generation/sample_times.h"
#include "situ/io/file_failure.h"
#include "situ/io/image_file.h"
#include "situ/reports/dataset/picture_data.h"
#include "situ/reports/html_page.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kRows = 18;
constexpr int64_t kColumns = 32;
constexpr int64_t kPictureWidth = 320;

struct ObjectCounts {
  int64_t planned = 0;
  int64_t inserted = 0;
  int64_t first_attempt = 0;
};

// What the page shows, gathered in one pass over the manifest.
struct Figures {
  std::map<std::string, int64_t> statuses;
  std::map<std::string, int64_t> rejections;  // of attempts, by outcome
  std::map<std::string, ObjectCounts> objects;
  std::map<int64_t, int64_t> attempts;  // how many samples took how many
  std::vector<double> places = std::vector<double>(kRows * kColumns, 0);
  std::map<int64_t, int64_t> sizes;  // share of the image's area, in powers of two below 1
};

void add_place(const Json& box, double width, double height, Figures& figures) {
  const auto cell = [](double from, double size, int64_t cells) {
    return std::clamp<int64_t>(static_cast<int64_t>(from / size * static_cast<double>(cells)), 0,
                               cells - 1);
  };
  const int64_t first_row = cell(box.at(1), height, kRows);
  const int64_t last_row = cell(box.at(3).get<double>() - 1, height, kRows);
  const int64_t first_column = cell(box.at(0), width, kColumns);
  const int64_t last_column = cell(box.at(2).get<double>() - 1, width, kColumns);
  for (int64_t row = first_row; row <= last_row; ++row) {
    for (int64_t column = first_column; column <= last_column; ++column) {
      ++figures.places[static_cast<size_t>(row * kColumns + column)];
    }
  }
}

void add_object(const Json& object, const Json& source, Figures& figures) {
  ObjectCounts& counts = figures.objects[object.at("name")];
  ++counts.planned;
  if (!object.contains("attempts")) return;  // the sample failed before
  const Json& attempts = object.at("attempts");
  for (const Json& one : attempts) {
    if (one.at("outcome") != "inserted") ++figures.rejections[one.at("outcome")];
  }
  if (object.at("status") != "inserted") return;
  ++counts.inserted;
  if (attempts.size() == 1) ++counts.first_attempt;
  ++figures.attempts[static_cast<int64_t>(attempts.size())];
  const double width = source.at("width");
  const double height = source.at("height");
  add_place(object.at("bbox_xyxy"), width, height, figures);
  const double share = object.at("area_px").get<double>() / (width * height);
  ++figures.sizes[static_cast<int64_t>(std::floor(std::log2(share)))];
}

Figures figures_of(const DatasetFolder& folder) {
  Figures figures;
  std::ifstream lines(folder.manifest());
  if (!lines) throw file_failure(folder.manifest(), "read", errno);
  for (std::string line; std::getline(lines, line);) {
    const Json record = Json::parse(line);
    ++figures.statuses[record.at("status")];
    for (const Json& object : record.at("objects")) {
      add_object(object, record.at("source"), figures);
    }
  }
  return figures;
}

std::string percent(int64_t part, int64_t whole) {
  if (whole == 0) return "";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%",
                100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

std::string heading(const char* text) { return std::string("<h2>") + text + "</h2>\n"; }

std::vector<std::pair<std::string, double>> bars_of(const std::map<std::string, int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

std::string object_table(const Figures& figures) {
  std::vector<std::vector<std::string>> rows{
      {"object", "planned", "inserted", "accepted", "at the first attempt"}};
  for (const auto& [name, counts] : figures.objects) {
    rows.push_back({name, std::to_string(counts.planned), std::to_string(counts.inserted),
                    percent(counts.inserted, counts.planned),
                    percent(counts.first_attempt, counts.planned)});
  }
  return html_table(rows);
}

std::string charts(const Figures& figures) {
  std::vector<std::pair<std::string, double>> sizes;
  for (const auto& [power, count] : figures.sizes) {
    std::array<char, 64> name{};
    std::snprintf(name.data(), name.size(), "%.3g to %.3g %%", 100 * std::exp2(power),
                  100 * std::exp2(power + 1));
    sizes.emplace_back(name.data(), static_cast<double>(count));
  }
  std::vector<std::pair<std::string, double>> attempts;
  for (const auto& [number, count] : figures.attempts) {
    attempts.emplace_back(std::to_string(number), static_cast<double>(count));
  }
  return heading("Where objects lie") + heat_map(figures.places, kRows, kColumns, 640) +
         heading("Size, as a share of the image") + bar_chart(sizes) +
         heading("Attempts until an object was accepted") + bar_chart(attempts) +
         heading("Attempts that failed, and why") +
         (figures.rejections.empty() ? "<p>none</p>\n" : bar_chart(bars_of(figures.rejections)));
}

std::string slowest_table(const std::filesystem::path& timings) {
  constexpr size_t kShown = 20;
  std::vector<std::vector<std::string>> rows{{"sample", "seconds"}};
  for (const SampleTime& one : slowest_samples(timings, kShown)) {
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.2f", one.seconds);
    rows.push_back({one.id, seconds.data()});
  }
  return html_table(rows);
}

std::string sheet(const FinishedDataset& dataset, int64_t pictures) {
  std::string html = "<div class=\"sheet\">\n";
  const auto count = static_cast<int64_t>(dataset.size());
  const int64_t shown = std::min(pictures, count);
  for (int64_t i = 0; i < shown; ++i) {
    const Json record = dataset.record(static_cast<size_t>(i * count / shown));
    const auto path = path_in_record(dataset.folder(), record.at("files").at("image").at("path"));
    std::string names;
    for (const Json& object : record.at("objects")) {
      if (object.at("status") == "inserted") {
        names += (names.empty() ? "" : ", ") + object.at("name").get<std::string>();
      }
    }
    html += "<figure><img alt=\"" + html_escaped(names) + "\" src=\"" +
            picture_data(load_image(path), kPictureWidth) + "\"><figcaption>" +
            html_escaped(names + " · " + record.at("id").get<std::string>()) +
            "</figcaption></figure>\n";
  }
  return html + "</div>\n";
}

}  // namespace

std::string dataset_page(const std::filesystem::path& dataset, int64_t pictures,
                         const std::filesystem::path& timings) {
  const FinishedDataset finished(dataset);
  const Figures figures = figures_of(DatasetFolder(dataset));
  const Json& recipe = finished.description().at("identity").at("recipe");
  const std::string name = recipe.at("name");
  std::string body = "<h1>" + html_escaped(name) + "</h1>\n<p>" +
                     html_escaped(recipe.at("description").get<std::string>()) + "</p>\n";
  body += heading("Samples") + bar_chart(bars_of(figures.statuses));
  body += heading("Objects") + object_table(figures) + charts(figures);
  if (!timings.empty()) body += heading("Slowest samples") + slowest_table(timings);
  body += heading("Pictures") + sheet(finished, pictures);
  return html_page(name, body);
}

}  // namespace situ
