// SPDX-License-Identifier: Apache-2.0
#include "situ/io/file_bytes.h"

#include <gtest/gtest.h>

#include "situ/core/errors.h"
