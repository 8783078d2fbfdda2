// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target where libFuzzer is not at hand: every seed, then damaged seeds, until the
// number of runs or the time is used up. A target fails by an exception, a crash, an allocation
// beyond the limit or an input that takes too long; the input at fault is written to a file and the
// exit status is not 0.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <typeinfo>
#include <vector>

#include "fuzz/mutation.h"
#include "situ/io/file_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

#ifdef __SANITIZE_ADDRESS__
extern "C" void __sanitizer_set_death_callback(void (*callback)());
extern "C" const char* __asan_default_options() {
  // Leaks are not looked for: libtorch keeps much for as long as the process runs.
  return "max_allocation_size_mb=3072:detect_leaks=0";
}
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }
#endif

namespace situ {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<fs::path> seeds;
  std::int64_t runs = 10000;
  std::int64_t seconds = 60;
  std::int64_t input_seconds = 20;
  std::int64_t memory_mib = 3072;
  std::uint64_t seed = 1;
  fs::path failures = ".";
};

// What a signal handler needs lies ready: it may allocate nothing.
std::string current_input;
std::string failure_file;

void save_current_input() {
  const int file = ::open(failure_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  const char* rest = current_input.data();
  std::size_t left = current_input.size();
  while (left > 0) {
    const ssize_t written = ::write(file, rest, left);
    if (written <= 0) break;
    rest += written;
    left -= static_cast<std::size_t>(written);
  }
  ::close(file);
}

void end_by_signal(int signal) {
  save_current_input();
  const char text[] = "fuzzing: crashed or took too long; the input is in the folder of failures\n";
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text, sizeof text - 1);
  ::_exit(128 + signal);
}

void watch_for_crashes() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(&save_current_input);
  constexpr std::array kSignals = {SIGALRM, SIGABRT};
#else
  constexpr std::array kSignals = {SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
#endif
  for (const int signal : kSignals) std::signal(signal, &end_by_signal);
}

// An allocation beyond the limit fails with an exception, which no target expects. The address
// sanitizer reserves memory without end and has a limit of its own.
void limit_memory(std::int64_t mib) {
#ifndef __SANITIZE_ADDRESS__
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t used_kib = 0;
  while (status >> word) {
    if (word == "VmData:") status >> used_kib;
  }
  const auto limit = static_cast<rlim_t>((used_kib << 10) + (mib << 20));
  const rlimit bound{.rlim_cur = limit, .rlim_max = RLIM_INFINITY};
  ::setrlimit(RLIMIT_DATA, &bound);
#endif
}

std::vector<std::string> read_seeds(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) seeds.push_back(read_file(file));
  return seeds;
}

// Returns whether the target did what it may do.
bool run(const Options& options, const std::string& input) {
  current_input = input;
  ::alarm(static_cast<unsigned>(options.input_seconds));
  try {
    // A copy of the exact size on the heap, so that the address sanitizer sees reads beyond it.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ::alarm(0);
    return true;
  } catch (const std::exception& error) {
    std::cerr << "fuzzing: " << typeid(error).name() << ": " << error.what() << '\n';
  }
  ::alarm(0);
  save_current_input();
  std::cerr << "fuzzing: the input is " << failure_file << '\n';
  return false;
}

int fuzz(const Options& options) {
  const std::vector<std::string> seeds = read_seeds(options.seeds);
  Mutator mutator(seeds, options.seed);
  const auto start = std::chrono::steady_clock::now();
  const auto deadline = start + std::chrono::seconds(options.seconds);
  for (const std::string& seed : seeds) {
    if (!run(options, seed)) return 1;
  }
  std::int64_t done = 0;
  for (; done < options.runs && std::chrono::steady_clock::now() < deadline; ++done) {
    if (!run(options, mutator.next())) return 1;
  }
  std::cout << seeds.size() << " seeds and " << done << " damaged ones passed\n";
  return 0;
}

}  // namespace
}  // namespace situ

int main(int count, char** arguments) {
  situ::Options options;
  CLI::App app("Runs a fuzz target on seeds and on damaged versions of them");
  app.add_option("seeds", options.seeds, "Files, or folders of files")->required();
  app.add_option("--runs", options.runs, "Damaged inputs at most");
  app.add_option("--seconds", options.seconds, "Begin no input after so many");
  app.add_option("--input-seconds", options.input_seconds, "An input may take so many");
  app.add_option("--memory-mib", options.memory_mib, "What an input may allocate");
  app.add_option("--seed", options.seed, "Another one gives other damage");
  app.add_option("--failures", options.failures, "Folder for an input at fault");
  CLI11_PARSE(app, count, arguments);
  const std::string name = std::filesystem::path(arguments[0]).filename().string();
  situ::failure_file = (options.failures / (name + ".failure")).string();
  situ::watch_for_crashes();
  situ::limit_memory(options.memory_mib);
  try {
    return situ::fuzz(options);
  } catch (const std::exception& error) {
    std::cerr << "fuzzing: " << error.what() << '\n';
    return 2;
  }
}
