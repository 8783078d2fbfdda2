// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_flow.h"

#include <ATen/ATen.h>

#include <deque>
#include <future>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/generation/sample_labels.h"
#include "situ/generation/worker_name.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"
#include "situ/io/image_file.h"
#include "situ/io/png_encoder.h"
#include "situ/io/sha256.h"
#include "situ/tasks/unknown_prompt.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Samples that are being written at one time.
constexpr size_t kMostWriting = 2;

struct Making {
  MadeSample made;
  std::string problem;
};

// What another sample may not meet makes this one a failure.
Making try_to_make(const SampleMaker& make, const PlannedSample& planned,
                   const SampleSource& source) {
  try {
    return {make(planned, source), ""};
  } catch (const UnknownPrompt&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    return {{}, error.what_without_backtrace()};
  } catch (const std::exception& error) {
    return {{}, error.what()};
  }
}

std::string line_of(const Json& record) {
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

SampleFlow::SampleFlow(const GenerationPlan& plan, const DatasetFolder& folder,
                       const SampleMaker& make)
    : plan_(plan),
      folder_(folder),
      make_(make),
      journal_(folder.journals()),
      staging_(folder.run() / "staging" / new_worker_name()) {
  std::error_code error;
  fs::create_directories(staging_, error);
  if (error) throw file_failure(staging_, "made", error.value());
}

SampleFlow::~SampleFlow() {
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

SampleFlow::Loaded SampleFlow::load(int64_t index) {
  Loaded loaded{.planned = plan_.sample(index), .from = {}};
  if (last_.sample != loaded.planned.source) last_ = read(*loaded.planned.source);
  loaded.from = last_;
  return loaded;
}

SampleFlow::LoadedSource SampleFlow::read(const Sample& sample) const {
  const Dataset& dataset = plan_.dataset();
  LoadedSource loaded{.sample = &sample};
  SampleSource& source = loaded.source;
  try {
    source.scene = read_image(dataset, sample);
    source.image_sha256 = sha256_of_file(dataset.root / sample.image);
    if (sample.label.empty()) return loaded;
    source.labels = read_label(dataset, sample);
    source.labels_sha256 = sha256_of_file(dataset.root / sample.label);
    if (source.labels.sizes() != source.scene.sizes().slice(1)) {
      throw DataError((dataset.root / sample.label).string(),
                      "expected the image's size, " + std::to_string(source.scene.size(2)) + " x " +
                          std::to_string(source.scene.size(1)) + ", got " +
                          std::to_string(source.labels.size(1)) + " x " +
                          std::to_string(source.labels.size(0)));
    }
  } catch (const FileError& error) {
    loaded.problem = error.what();
  } catch (const DataError& error) {
    loaded.problem = error.what();
  }
  return loaded;
}

WrittenFile SampleFlow::write_file_of(const char* kind, const std::string& path,
                                      const at::Tensor& picture) {
  const std::string bytes = encode_png(picture);
  const fs::path target = folder_.root() / path;
  // Prepared beside the run's other passing files, so that a run that is killed here leaves nothing
  // among the results.
  const std::string digest = sha256_hex(bytes);
  const fs::path staged = staging_ / (std::string(kind) + "-" + digest);
  write_file(staged, bytes);
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) throw file_failure(target.parent_path(), "made", error.value());
  fs::rename(staged, target, error);
  if (error) throw file_failure(target, "written", error.value());
  return {kind, path, digest};
}

std::string SampleFlow::write(const PlannedSample& planned, const SampleSource& source,
                              const MadeSample& made) {
  std::vector<WrittenFile> files;
  if (status_of(made) == SampleStatus::kInserted) {
    const SampleLabels labels =
        label_sample(source.labels, made.image, plan_.recipe(), planned.objects, made.objects);
    files.push_back(write_file_of("image", planned.image, made.image));
    if (labels.labels.defined()) {
      files.push_back(write_file_of("labels", planned.labels, labels.labels));
    }
    files.push_back(write_file_of("instances", planned.instances, labels.instances));
    files.push_back(write_file_of("anomaly", planned.anomaly, labels.anomaly));
  }
  return line_of(sample_record(planned, plan_.recipe(), source, made, files));
}

void SampleFlow::make(const std::vector<int64_t>& indices,
                      const std::function<void(int64_t)>& done) {
  std::deque<std::pair<int64_t, std::future<std::string>>> writing;
  const auto finish_oldest = [&] {
    const int64_t index = writing.front().first;
    std::future<std::string> line = std::move(writing.front().second);
    writing.pop_front();
    journal_.append(line.get());
    done(index);
  };
  const auto start_loading = [this](int64_t index) {
    return std::async(std::launch::async, [this, index] { return load(index); });
  };
  std::future<Loaded> next;
  for (size_t i = 0; i < indices.size(); ++i) {
    throw_if_interrupted();
    if (!next.valid()) next = start_loading(indices[i]);
    Loaded loaded = next.get();
    if (i + 1 < indices.size()) next = start_loading(indices[i + 1]);
    Making outcome{{}, loaded.from.problem};
    if (outcome.problem.empty()) outcome = try_to_make(make_, loaded.planned, loaded.from.source);
    while (writing.size() >= kMostWriting) finish_oldest();
    writing.emplace_back(
        indices[i], std::async(std::launch::async,
                               [this, loaded = std::move(loaded), outcome = std::move(outcome)] {
                                 if (!outcome.problem.empty()) {
                                   return line_of(failure_record(loaded.planned, outcome.problem));
                                 }
                                 return write(loaded.planned, loaded.from.source, outcome.made);
                               }));
  }
  while (!writing.empty()) finish_oldest();
}

}  // namespace situ
