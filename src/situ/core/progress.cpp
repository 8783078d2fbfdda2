// SPDX-License-Identifier: Apache-2.0
#include "situ/core/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace situ {
namespace {

using Seconds = std::chrono::duration<double>;

Progress::Options with_defaults(Progress::Options options) {
  if (!options.write) {
    options.write = [](const std::string& text) {
      std::fputs(text.c_str(), stderr);
      std::fflush(stderr);
    };
  }
  if (!options.clock) {
    options.clock = [] { return Seconds(std::chrono::steady_clock::now().time_since_epoch()); };
  }
  return options;
}

}  // namespace

Progress::Progress(std::string label, std::int64_t total, Options options)
    : label_(std::move(label)), total_(total), options_(with_defaults(std::move(options))) {
  start_ = options_.clock();
}

Progress::Progress(std::string label, std::int64_t total)
    : Progress(std::move(label), total, Options{.terminal = isatty(STDERR_FILENO) == 1}) {}

Progress::~Progress() {
  if (line_open_) options_.write("\n");
}

void Progress::update(std::int64_t done, const std::string& detail, std::int64_t skipped) {
  if (!options_.enabled) return;
  const Seconds now = options_.clock();
  const bool last = done >= total_;
  const Seconds interval = options_.terminal ? Seconds(0.1) : options_.interval;
  if (!last && now - last_line_ < interval) return;
  last_line_ = now;

  std::string line = label_ + " " + std::to_string(done) + "/" + std::to_string(total_);
  if (!detail.empty()) line += "  " + detail;
  if (last) {
    line += "  in " + duration_text(now - start_);
  } else if (done > skipped) {
    const Seconds left =
        (now - start_) / static_cast<double>(done - skipped) * static_cast<double>(total_ - done);
    line += "  " + duration_text(left) + " left";
  }
  options_.write(options_.terminal ? "\r\033[K" + line : line + "\n");
  line_open_ = options_.terminal;
}

void Progress::clear_line() {
  if (!line_open_) return;
  options_.write("\r\033[K");
  line_open_ = false;
}

std::string duration_text(Seconds duration) {
  const auto seconds = static_cast<std::int64_t>(std::llround(std::max(0.0, duration.count())));
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min " + two(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + two(seconds / 60 % 60) + " min";
}

}  // namespace situ
