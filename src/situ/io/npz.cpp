// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <zip.h>

#include <memory>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/npy.h"
#include "situ/io/npy_header.h"

namespace situ {
namespace {

constexpr std::string_view kSuffix = ".npy";
// The end record alone.
constexpr std::string_view kEmptyArchive("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
// A deflate stream grows at most 1032-fold (zlib's technical notes).
constexpr uint64_t kMaxDeflateRatio = 1032;
constexpr zip_uint32_t kFastDeflate = 1;
constexpr zip_uint16_t kFirstDosDate = 0x21;  // 1980-01-01: a fixed time makes the bytes repeatable

struct DiscardArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;

struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};
using OpenEntry = std::unique_ptr<zip_file_t, CloseEntry>;

class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

/// An archive in memory: `bytes` must outlive it.
Archive open_archive(const std::string& file, const std::string& bytes) {
  if (!bytes.starts_with("PK")) throw DataError(file, 0, "expected a NumPy archive (.npz)");
  ZipError error;
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get()));
  if (!source) throw DataError(file, "expected a NumPy archive (.npz): " + error.text());
  Archive archive(zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get()));
  if (!archive) throw DataError(file, "expected a NumPy archive (.npz): " + error.text());
  source.release();  // the archive owns it now
  return archive;
}

/// The size of an entry, where the archive states it honestly enough to allocate that much.
size_t checked_size(const std::string& where, const zip_stat_t& status, size_t file_bytes) {
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((status.valid & kNeeded) != kNeeded) throw DataError(where, "its size is not stated");
  if (status.encryption_method != ZIP_EM_NONE) throw DataError(where, "it is encrypted");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
    throw DataError(where, "expected it stored or deflated, got compression method " +
                               std::to_string(status.comp_method));
  }
  const uint64_t ratio = status.comp_method == ZIP_CM_STORE ? 1 : kMaxDeflateRatio;
  if (status.comp_size > file_bytes || status.size > status.comp_size * ratio ||
      status.size > static_cast<uint64_t>(kMaxArrayBytes)) {
    throw DataError(
        where, "the file cannot hold the " + std::to_string(status.size) + " bytes that it states");
  }
  return static_cast<size_t>(status.size);
}

std::string read_entry(const std::string& where, zip_t* archive, zip_uint64_t index, size_t size) {
  const OpenEntry entry(zip_fopen_index(archive, index, 0));
  if (!entry) throw DataError(where, zip_strerror(archive));
  std::string bytes(size + 1, '\0');  // the read past the end makes libzip compare the checksum
  size_t used = 0;
  while (used < bytes.size()) {
    const zip_int64_t got = zip_fread(entry.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0) throw DataError(where, zip_file_strerror(entry.get()));
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  if (used != size) throw DataError(where, "it does not have the size that the archive states");
  bytes.resize(size);
  return bytes;
}

void check_name(const std::string& name) {
  const bool bad = name.empty() || name.front() == '/' || name.find("..") != std::string::npos ||
                   name.find('\0') != std::string::npos || name.ends_with(kSuffix);
  if (bad) throw std::invalid_argument("save_npz: \"" + name + "\" is not a good array name");
}

[[noreturn]] void fail_to_write(const std::string& reason) {
  throw std::runtime_error("save_npz: libzip: " + reason);
}

void add_entry(zip_t* archive, const std::string& name, const std::string& bytes) {
  Source source(zip_source_buffer(archive, bytes.data(), bytes.size(), 0));
  if (!source) fail_to_write(zip_strerror(archive));
  const zip_int64_t index =
      zip_file_add(archive, (name + std::string(kSuffix)).c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    throw std::invalid_argument("save_npz: array name \"" + name + "\": " + zip_strerror(archive));
  }
  source.release();  // the archive owns it now
  const auto entry = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(archive, entry, ZIP_CM_DEFLATE, kFastDeflate) != 0 ||
      zip_file_set_dostime(archive, entry, 0, kFirstDosDate, 0) != 0) {
    fail_to_write(zip_strerror(archive));
  }
}

std::string content_of(zip_source_t* source) {
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_source_stat(source, &status) != 0 || zip_source_open(source) != 0) {
    fail_to_write(zip_error_strerror(zip_source_error(source)));
  }
  std::string bytes(static_cast<size_t>(status.size), '\0');
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size())) fail_to_write("the archive is incomplete");
  return bytes;
}

}  // namespace

std::map<std::string, at::Tensor> load_npz(const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::string bytes = read_file(path, kMaxArrayBytes);
  const Archive archive = open_archive(file, bytes);
  std::map<std::string, at::Tensor> arrays;
  int64_t total = 0;
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    zip_stat_t status;
    const auto index = static_cast<zip_uint64_t>(i);
    if (zip_stat_index(archive.get(), index, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME)) {
      throw DataError(file, "entry " + std::to_string(i) + ": " + zip_strerror(archive.get()));
    }
    std::string name = status.name;
    const std::string where = file + ": array \"" + name + "\"";
    if (!name.ends_with(kSuffix)) throw DataError(where, "expected a name that ends with .npy");
    name.resize(name.size() - kSuffix.size());
    const size_t size = checked_size(where, status, bytes.size());
    total += static_cast<int64_t>(size);
    if (total > kMaxArrayBytes) throw DataError(file, "its arrays take more than 16 GiB");
    at::Tensor array = decode_npy(where, read_entry(where, archive.get(), index, size));
    if (!arrays.emplace(std::move(name), std::move(array)).second) {
      throw DataError(where, "the name comes twice");
    }
  }
  return arrays;
}

void save_npz(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& arrays) {
  std::map<std::string, std::string> entries;  // libzip reads them when the archive is closed
  for (const auto& [name, tensor] : arrays) {
    check_name(name);
    std::string& bytes = entries[name] = make_npy_header(tensor);
    const at::Tensor dense = tensor.detach().cpu().contiguous();
    bytes.append(static_cast<const char*>(dense.data_ptr()), dense.nbytes());
  }
  if (entries.empty()) {  // for which libzip would write no file
    write_file(path, kEmptyArchive);
    return;
  }
  ZipError error;
  const Source target(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  if (!target) fail_to_write(error.text());
  Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, error.get()));
  if (!archive) fail_to_write(error.text());
  zip_source_keep(target.get());  // one owner each: the archive, and target
  for (const auto& [name, bytes] : entries) add_entry(archive.get(), name, bytes);
  if (zip_close(archive.get()) != 0) fail_to_write(zip_strerror(archive.get()));
  archive.release();
  write_file(path, content_of(target.get()));
}

}  // namespace situ
