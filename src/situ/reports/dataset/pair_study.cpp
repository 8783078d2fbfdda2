// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/dataset/pair_study.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "situ/core/random.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"
#include "situ/reports/dataset/picture_data.h"
#include "situ/reports/html_page.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kPictureWidth = 640;

constexpr const char* kBody = R"(
<h1>Which picture looks more real?</h1>
<p>Left: <kbd>A</kbd> or <kbd>←</kbd>. Right: <kbd>B</kbd> or <kbd>→</kbd>. Unclear: <kbd>space</kbd>.
Back: <kbd>⌫</kbd>. <span id="progress"></span></p>
<div id="pair" style="display:grid;grid-template-columns:1fr 1fr;gap:1rem">
<img id="left" alt="left" style="width:100%"><img id="right" alt="right" style="width:100%"></div>
<p><button data-answer="left">A</button> <button data-answer="unclear">unclear</button>
<button data-answer="right">B</button> <a id="save" download="pair_study.csv">save the answers</a></p>
<div id="result"></div>
)";

constexpr const char* kScript = R"JS(
const answers = [];
// Wilson's interval of a share, 95 %.
function wilson(hits, total) {
  if (total === 0) return [0, 1];
  const z = 1.959964, share = hits / total, scale = 1 + z * z / total;
  const centre = share + z * z / (2 * total);
  const half = z * Math.sqrt(share * (1 - share) / total + z * z / (4 * total * total));
  return [(centre - half) / scale, (centre + half) / scale];
}
function chosen(i) {
  if (answers[i] === "unclear") return "unclear";
  return (answers[i] === "left") !== study.pairs[i].swapped ? study.names[0] : study.names[1];
}
function show() {
  const at = answers.length, done = at >= study.pairs.length;
  document.getElementById("progress").textContent = at + " of " + study.pairs.length;
  document.getElementById("pair").hidden = done;
  if (!done) {
    const pair = study.pairs[at];
    document.getElementById("left").src = pair.pictures[pair.swapped ? 1 : 0];
    document.getElementById("right").src = pair.pictures[pair.swapped ? 0 : 1];
  }
  const rows = answers.map((answer, i) =>
    [study.pairs[i].id, study.pairs[i].swapped ? "swapped" : "straight", answer, chosen(i)]
      .map(cell => '"' + String(cell).replaceAll('"', '""') + '"').join(","));
  const csv = ["sample,order,answer,chosen", ...rows].join("\n") + "\n";
  document.getElementById("save").href = URL.createObjectURL(new Blob([csv], {type: "text/csv"}));
  // The names stay hidden until the end, so that they do not sway anybody.
  document.getElementById("result").textContent = !done ? "" :
    [...study.names, "unclear"].map(name => {
      const hits = answers.filter((_, i) => chosen(i) === name).length;
      const [low, high] = wilson(hits, at).map(share => (100 * share).toFixed(1));
      return name + ": " + hits + " of " + at + " (" + (100 * hits / at).toFixed(1) + " %, " +
        low + " to " + high + ")";
    }).join("; ");
}
function answer(value) {
  if (answers.length < study.pairs.length) answers.push(value);
  show();
}
document.querySelectorAll("button").forEach(button =>
  button.addEventListener("click", () => answer(button.dataset.answer)));
document.addEventListener("keydown", event => {
  const value = {a: "left", ArrowLeft: "left", b: "right", ArrowRight: "right", " ": "unclear"}[
    event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (value) { event.preventDefault(); answer(value); }
  if (event.key === "Backspace") { event.preventDefault(); answers.pop(); show(); }
});
show();
)JS";

std::map<std::string, std::string> pictures_of(const FinishedDataset& dataset) {
  std::map<std::string, std::string> pictures;
  for (size_t i = 0; i < dataset.size(); ++i) {
    const Json record = dataset.record(i);
    pictures[record.at("id")] = record.at("files").at("image").at("path");
  }
  return pictures;
}

}  // namespace

std::string pair_study_page(const std::filesystem::path& first, const std::filesystem::path& second,
                            int64_t pairs, uint64_t seed) {
  const FinishedDataset a(first);
  const FinishedDataset b(second);
  const auto of_a = pictures_of(a);
  const auto of_b = pictures_of(b);
  std::vector<std::string> shared;
  for (const auto& [id, path] : of_a) {
    if (of_b.contains(id)) shared.push_back(id);
  }
  if (shared.empty()) {
    throw std::invalid_argument(first.string() + " and " + second.string() +
                                " have no sample in common");
  }
  Random random(seed);
  for (size_t i = shared.size(); i > 1; --i) {
    std::swap(shared[i - 1],
              shared[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i)))]);
  }
  shared.resize(std::min(shared.size(), static_cast<size_t>(std::max<int64_t>(pairs, 1))));
  Json study{{"names", {first.filename().string(), second.filename().string()}},
             {"pairs", Json::array()}};
  for (const std::string& id : shared) {
    const auto picture = [&](const FinishedDataset& dataset, const std::string& path) {
      return picture_data(load_image(path_in_record(dataset.folder(), path)), kPictureWidth);
    };
    study["pairs"].push_back({{"id", id},
                              {"swapped", random.chance(0.5)},
                              {"pictures", {picture(a, of_a.at(id)), picture(b, of_b.at(id))}}});
  }
  const std::string json = study.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string body = kBody;
  body += "<script>\nconst study = ";
  body += script_escaped(json);
  body += ";";
  body += kScript;
  body += "</script>";
  return html_page("Pair study", body);
}

}  // namespace situ
