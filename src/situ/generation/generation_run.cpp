// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/generation_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/generation/claims.h"
#include "situ/generation/sample_flow.h"
#include "situ/generation/worker_name.h"

namespace situ {
namespace {

// Work is taken in pieces of whole images, small enough to be shared and large enough that taking
// them costs nothing. They depend on the plan alone, so that all workers mean the same pieces.
int64_t images_per_piece(int64_t images) {
  constexpr int64_t kPieces = 256;
  constexpr int64_t kLargest = 16;
  return std::clamp<int64_t>(images / kPieces, 1, kLargest);
}

class Worker {
 public:
  Worker(const GenerationPlan& plan, const DatasetFolder& folder, const SampleMaker& make,
         const GenerationSettings& settings, int64_t samples)
      : plan_(plan),
        folder_(folder),
        settings_(settings),
        samples_(samples),
        per_piece_(images_per_piece(plan.images()) * plan.recipe().plan.variants),
        pieces_((samples + per_piece_ - 1) / per_piece_),
        journals_(folder.journals()),
        claims_(folder.claims(), new_worker_name(), settings.claim_timeout),
        flow_(plan, folder, make) {}

  GenerationSummary run() {
    constexpr std::chrono::milliseconds kPause{300};
    while (!all_done()) {
      bool made = false;
      for (int64_t i = 0; i < pieces_; ++i) made = do_piece(piece_at(i)) || made;
      // What is left is in the hands of others, who may be lost yet.
      if (!made && !all_done()) std::this_thread::sleep_for(kPause);
      throw_if_interrupted();
    }
    return summary();
  }

  const JournalReader& journals() const { return journals_; }
  bool whole_plan_done() const {
    for (int64_t i = 0; i < samples_; ++i) {
      if (!is_done(i)) return false;
    }
    return true;
  }

 private:
  int64_t piece_at(int64_t i) const {
    const Shard& shard = settings_.first;
    return (i + shard.index * pieces_ / shard.count) % pieces_;
  }

  bool is_mine(int64_t piece) const {
    return !settings_.only || piece % settings_.only->count == settings_.only->index;
  }

  bool is_done(int64_t index) const {
    const auto found = journals_.entries().find(index);
    if (found == journals_.entries().end()) return false;
    return !settings_.retry_failed || found->second.status != SampleStatus::kFailed ||
           retried_[static_cast<size_t>(index)];
  }

  std::vector<int64_t> left_of(int64_t piece) const {
    std::vector<int64_t> left;
    const int64_t end = std::min((piece + 1) * per_piece_, samples_);
    for (int64_t i = piece * per_piece_; i < end; ++i) {
      if (!is_done(i)) left.push_back(i);
    }
    return left;
  }

  bool all_done() {
    journals_.refresh();
    show_progress();
    for (int64_t piece = 0; piece < pieces_; ++piece) {
      if (is_mine(piece) && !left_of(piece).empty()) return false;
    }
    return true;
  }

  bool do_piece(int64_t piece) {
    if (!is_mine(piece) || left_of(piece).empty() || !claims_.take(piece)) return false;
    journals_.refresh();  // another worker may have done it since
    const std::vector<int64_t> left = left_of(piece);
    flow_.make(left, [this](int64_t index) {
      retried_[static_cast<size_t>(index)] = true;
      ++made_;
      show_progress();
    });
    journals_.refresh();
    return true;
  }

  void show_progress() const {
    if (!settings_.progress) return;
    const auto known = static_cast<int64_t>(
        std::distance(journals_.entries().begin(), journals_.entries().lower_bound(samples_)));
    settings_.progress(std::min(std::max(known, made_), samples_), samples_);
  }

  GenerationSummary summary() const {
    GenerationSummary summary{.samples = samples_, .made = made_, .counts = {}};
    for (const auto& [index, entry] : journals_.entries()) {
      if (index < samples_) summary.counts.add(entry.status);
    }
    return summary;
  }

  const GenerationPlan& plan_;
  const DatasetFolder& folder_;
  const GenerationSettings& settings_;
  int64_t samples_;
  int64_t per_piece_;
  int64_t pieces_;
  JournalReader journals_;
  Claims claims_;
  SampleFlow flow_;
  std::vector<bool> retried_ = std::vector<bool>(static_cast<size_t>(samples_), false);
  int64_t made_ = 0;
};

int64_t samples_of(const GenerationPlan& plan, const GenerationSettings& settings) {
  if (settings.limit < 0) {
    throw std::invalid_argument("limit = " + std::to_string(settings.limit) + " must be 0 or more");
  }
  for (const Shard& shard : {settings.first, settings.only.value_or(Shard{})}) {
    if (shard.count < 1 || shard.index < 0 || shard.index >= shard.count) {
      throw std::invalid_argument("shard: expected i/n with 0 <= i < n, got " +
                                  std::to_string(shard.index) + "/" + std::to_string(shard.count));
    }
  }
  return settings.limit == 0 ? plan.size() : std::min(settings.limit, plan.size());
}

}  // namespace

GenerationSummary run_generation(const GenerationPlan& plan, const nlohmann::ordered_json& identity,
                                 const std::filesystem::path& output, const SampleMaker& make,
                                 const GenerationSettings& settings) {
  const int64_t samples = samples_of(plan, settings);
  DatasetFolder folder(output);
  folder.begin(identity);
  const auto finished = [&](int64_t made) {
    const SampleCounts counts = folder.counts();
    return GenerationSummary{
        .complete = true, .samples = counts.total(), .made = made, .counts = counts};
  };
  if (folder.is_complete(samples, settings.retry_failed)) {
    folder.discard_run();
    return finished(0);
  }
  folder.reopen(settings.retry_failed);
  GenerationSummary summary;
  try {
    Worker worker(plan, folder, make, settings, samples);
    summary = worker.run();
    if (!worker.whole_plan_done()) return summary;  // other shards have the rest
    folder.finish(worker.journals(), samples);
  } catch (const FileError&) {
    // Another worker finished the dataset, and with it the folder that this one worked in.
    if (!folder.is_complete(samples, false)) throw;
  }
  return finished(summary.made);
}

}  // namespace situ
