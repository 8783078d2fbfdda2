// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>

#include "situ/generation/generation_plan.h"
#include "situ/generation/generation_run.h"

namespace situ {

/// Prints what a plan would make: counts of images, samples and objects, and time and disk as one
/// sample, made and thrown away, predicts them. limit: samples; 0 = all.
void print_estimate(const GenerationPlan& plan, int64_t limit, const SampleMaker& make, bool json,
                    std::ostream& out);

}  // namespace situ
