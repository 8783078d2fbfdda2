// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

namespace situ {

/// Calls visit(sample, thread) for 0 … count-1, on all threads. Throws the error of the first
/// sample that has one, however many threads there are. thread: below at::get_num_threads().
inline void for_each_sample(std::size_t count,
                            const std::function<void(std::size_t, std::size_t)>& visit) {
  std::vector<std::exception_ptr> errors(count);
  at::parallel_for(0, static_cast<std::int64_t>(count), 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       const auto sample = static_cast<std::size_t>(i);
                       try {
                         visit(sample, static_cast<std::size_t>(at::get_thread_num()));
                       } catch (const std::exception&) {
                         errors[sample] = std::current_exception();
                         return;  // what comes after it in this thread cannot be the first
                       }
                     }
                   });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace situ
