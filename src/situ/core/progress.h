// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace situ {

/// Progress of a job of known length, with an estimate of the time left: one line that renews
/// itself on a terminal, a plain line every `interval` otherwise. Written to standard error.
class Progress {
 public:
  using Clock = std::function<std::chrono::duration<double>()>;

  struct Options {
    bool terminal = false;  // rewrite one line
    bool enabled = true;
    std::chrono::duration<double> interval{10};          // between plain lines
    std::function<void(const std::string&)> write = {};  // default: standard error
    Clock clock = {};                                    // default: the steady clock
  };

  /// label: "step", "image"; total: how many there are.
  Progress(std::string label, std::int64_t total, Options options);
  /// As above, with the terminal detected.
  Progress(std::string label, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total` are done; detail: "loss 0.12". `skipped` of them took no time (a resumed
  /// run).
  void update(std::int64_t done, const std::string& detail = "", std::int64_t skipped = 0);
  /// Removes the line that renews itself, so that something else may be printed there.
  void clear_line();

 private:
  std::string label_;
  std::int64_t total_;
  Options options_;
  std::chrono::duration<double> start_{};
  std::chrono::duration<double> last_line_{-1e9};
  bool line_open_ = false;
};

/// "3 s", "4 min 10 s", "2 h 05 min"
std::string duration_text(std::chrono::duration<double> duration);

}  // namespace situ
