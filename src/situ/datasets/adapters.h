// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/datasets/dataset.h"

namespace situ {

// Each fills in what open_dataset has not: the samples, and the format or label set where the
// folders decide it. `dataset` has its kind, split, root and label set; `options` are as the caller
// gave them, checked against the kind.

void list_cityscapes(Dataset& dataset, const DatasetOptions& options);
void list_idd(Dataset& dataset, const DatasetOptions& options);
void list_idd_lite(Dataset& dataset, const DatasetOptions& options);
void list_acdc(Dataset& dataset, const DatasetOptions& options);
void list_bdd100k(Dataset& dataset, const DatasetOptions& options);
void list_pascal_voc(Dataset& dataset, const DatasetOptions& options);
void list_coco(Dataset& dataset, const DatasetOptions& options);
void list_coco_panoptic(Dataset& dataset, const DatasetOptions& options);
void list_camvid(Dataset& dataset, const DatasetOptions& options);
void list_image_folder(Dataset& dataset, const DatasetOptions& options);

/// The first of the folders that is there, relative to the root. Throws FileError, naming them all,
/// where none is.
std::string existing_folder(const Dataset& dataset, const std::vector<std::string>& folders);
bool has_folder(const Dataset& dataset, const std::string& folder);

}  // namespace situ
