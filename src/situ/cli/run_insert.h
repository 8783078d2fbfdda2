// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <vector>

#include "situ/cli/insert_inputs.h"
#include "situ/cli/insert_plan.h"
#include "situ/cli/insertion_record.h"
#include "situ/tasks/inpainter.h"
#include "situ/tasks/open_vocabulary_segmenter.h"

namespace situ {

/// The models of a run, which are the caller's.
struct InsertModels {
  Inpainter& inpainter;
  OpenVocabularySegmenter& segmenter;
  ModelIdentities identities;
};

/// How the results are shown.
enum class ResultFormat { kLines, kJson };

/// Inserts the plan's objects into each usable image, one after the other, and writes its files,
/// the record last; results go to `results`. An image's result depends on its file, the options and
/// the seed alone. Returns an ExitCode: failed if an image could not be used, finished with
/// failures if an object was not inserted. Throws UnknownPrompt, Interrupted, and FileError when a
/// result cannot be written; what was finished before remains.
int run_insert(const InsertPlan& plan, const std::vector<CheckedImage>& images,
               const InsertModels& models, ResultFormat format, std::ostream& results);

/// Writes the results of a run that has no usable image.
void print_failed(const std::vector<CheckedImage>& images, ResultFormat format,
                  std::ostream& results);

/// Writes what run_insert would do, without a model.
void print_plan(const InsertPlan& plan, const std::vector<CheckedImage>& images,
                const ModelIdentities& models, ResultFormat format, std::ostream& results);

}  // namespace situ
