// SPDX-License-Identifier: Apache-2.0
#include "situ/io/image_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "situ/core/errors.h"
#include "situ/io/safetensors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

std::filesystem::path fixture(const std::string& name) {
  return testing::data_folder() / "images" / name;
}

const SafetensorsFile& expected() {
  static const SafetensorsFile file(fixture("expected.safetensors"));
  return file;
}

void read_all_ways(const std::filesystem::path& path) {
  load_image_rgba(path);
  load_image(path);
}

at::Tensor counting(at::IntArrayRef shape) {
  int64_t numel = 1;
  for (const int64_t size : shape) numel *= size;
  return at::arange(numel).mul_(37).remainder_(256).to(at::kByte).reshape(shape);
}

TEST(LoadImage, AgreesWithTheReferenceOnEveryKindOfFile) {
  int images = 0;
  for (const std::string& name : expected().names()) {
    if (name.ends_with("/labels")) continue;
    SCOPED_TRACE(name);
    const at::Tensor reference = expected().tensor(name);
    const at::Tensor rgba = load_image_rgba(fixture(name));
    const at::Tensor rgb = load_image(fixture(name));
    EXPECT_TRUE(at::equal(rgba, reference));
    EXPECT_TRUE(at::equal(rgb, reference.slice(0, 0, 3)));
    EXPECT_TRUE(rgb.is_contiguous() && rgba.is_contiguous());
    ++images;
  }
  EXPECT_EQ(images, 27);
}

TEST(LoadLabels, ReturnsTheStoredNumbers) {
  int images = 0;
  for (const std::string& name : expected().names()) {
    if (!name.ends_with("/labels")) continue;
    SCOPED_TRACE(name);
    const at::Tensor labels = load_labels(fixture(name.substr(0, name.size() - 7)));
    EXPECT_EQ(labels.scalar_type(), name.starts_with("gray16") ? at::kInt : at::kByte);
    EXPECT_TRUE(at::equal(labels.to(at::kInt), expected().tensor(name)));
    ++images;
  }
  EXPECT_EQ(images, 5);
}

TEST(LoadLabels, RefusesWhatIsNoLabelImage) {
  EXPECT_THAT(
      message_of<DataError>([] { load_labels(fixture("rgb8.png")); }),
      HasSubstr("expected labels as 8-bit gray, 16-bit gray or palette PNG, got 8-bit RGB"));
  EXPECT_THROW(load_labels(fixture("gray1.png")), DataError);
  EXPECT_THROW(load_labels(fixture("gray_alpha8.png")), DataError);
  EXPECT_THAT(message_of<DataError>([] { load_labels(fixture("gray.jpg")); }),
              HasSubstr("got JPEG, which changes numbers"));
  EXPECT_THROW(load_labels(fixture("lossy.webp")), DataError);
}

TEST(LoadImage, RefusesPrintColoursAndAnimationsByName) {
  EXPECT_THAT(message_of<DataError>([] { load_image(fixture("cmyk.jpg")); }),
              HasSubstr("cmyk.jpg: expected a gray or RGB JPEG, got CMYK; convert it"));
  EXPECT_THAT(message_of<DataError>([] { load_image(fixture("ycck.jpg")); }), HasSubstr("YCCK"));
  EXPECT_THAT(message_of<DataError>([] { load_image(fixture("animated.webp")); }),
              HasSubstr("got an animated WebP"));
}

TEST(LoadImage, SaysWhatAnUnknownFileSeemsToBe) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> cases = {
      {"GIF89a...", "got GIF"},
      {"", "got an empty file"},
      {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
      {"<!DOCTYPE html>", "an HTML page"},
      {std::string("\0\0\0\x1c", 4) + "ftypavif", "HEIF, AVIF or a film"},
      {"RIFF....WAVE", "an unknown format"},
      {"RIFF", "an unknown format"},
      {"hello", "an unknown format"},
  };
  for (const auto& [bytes, words] : cases) {
    put(folder / "x.png", bytes);
    EXPECT_THAT(message_of<DataError>([&] { load_image(folder / "x.png"); }), HasSubstr(words));
    EXPECT_THROW(load_labels(folder / "x.png"), DataError);
  }
  EXPECT_THROW(load_image(folder / "none.png"), FileError);
}

TEST(LoadImage, ChecksTheStatedSizeBeforeItAllocates) {
  const TemporaryFolder folder;
  // The CRC covers the size, so the header is put together anew: 65535 x 65535, and 65536 x 1.
  const std::string start("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  put(folder / "area.png",
      start + std::string("\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0\xfa\x7b\x1a\x2c", 17));
  EXPECT_THROW(load_image(folder / "area.png"), DataError);
  std::string jpeg = read_file(fixture("turned_1.jpg"));
  const size_t frame = jpeg.find(std::string("\xff\xc0\x00\x11\x08", 5));
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xd0\xff\xd0");  // libjpeg takes 65500 a side
  put(folder / "area.jpg", jpeg);
  EXPECT_THAT(message_of<DataError>([&] { load_image(folder / "area.jpg"); }),
              HasSubstr("expected at most 65535 pixels a side and 268435456 in all"));
}

TEST(LoadImage, RefusesEveryCutFile) {
  for (const char* name :
       {"rgb8.png", "palette8_alpha.png", "rgba16_interlaced.png", "turned_6.jpg",
        "progressive.jpg", "lossy.webp", "alpha.webp", "turned_6.webp"}) {
    SCOPED_TRACE(name);
    testing::expect_refused_when_cut(read_file(fixture(name)), 60,
                                     [](const auto& path) { load_image(path); });
  }
  testing::expect_refused_when_cut(read_file(fixture("gray16.png")), 200,
                                   [](const auto& path) { load_labels(path); });
}

TEST(LoadImage, SaysWhereACutFileEnds) {
  const TemporaryFolder folder;
  put(folder / "cut.png", read_file(fixture("rgb8.png")).substr(0, 100));
  EXPECT_THAT(message_of<DataError>([&] { load_image(folder / "cut.png"); }),
              HasSubstr("cut.png at byte 100: broken PNG: the file is cut short"));
  put(folder / "cut.jpg", read_file(fixture("turned_1.jpg")).substr(0, 700));
  EXPECT_THAT(message_of<DataError>([&] { load_image(folder / "cut.jpg"); }),
              HasSubstr("cut.jpg at byte 700: broken JPEG: Premature end of JPEG file"));
}

TEST(LoadImage, RefusesAWebpThatSaysItIsSmallerThanItsHeader) {
  const TemporaryFolder folder;
  std::string bytes = read_file(fixture("turned_6.webp"));
  bytes.replace(4, 4, 4, '\0');
  put(folder / "x.webp", bytes);
  EXPECT_THAT(message_of<DataError>([&] { load_image(folder / "x.webp"); }),
              HasSubstr("x.webp at byte 4: broken WebP: its header gives 8 bytes"));
}

TEST(LoadImage, SurvivesChangedBytes) {
  for (const auto& entry : std::filesystem::directory_iterator(fixture(""))) {
    if (entry.path().extension() == ".safetensors") continue;
    SCOPED_TRACE(entry.path().filename());
    testing::survive_changed_bytes(read_file(entry.path()), 60, read_all_ways);
    testing::survive_changed_bytes(read_file(entry.path()), 20,
                                   [](const auto& path) { load_labels(path); });
  }
}

/// The checksum of PNG chunks (the specification's appendix D).
uint32_t crc_of(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

TEST(LoadImage, SurvivesChangedBytesBehindAGoodChecksum) {
  const TemporaryFolder folder;
  std::mt19937 random(17);
  for (const char* name : {"rgb8.png", "rgb8_turned.png", "rgba16_interlaced.png",
                           "palette8_alpha.png", "palette2_interlaced.png", "gray16.png"}) {
    const std::string good = read_file(fixture(name));
    for (int round = 0; round < 200; ++round) {
      std::string bytes = good;
      for (size_t at = 8; at + 12 <= bytes.size();) {
        const size_t size = static_cast<unsigned char>(bytes[at + 2]) * size_t{256} +
                            static_cast<unsigned char>(bytes[at + 3]);
        if (size > 0 && random() % 2 == 0) bytes[at + 8 + random() % size] = char(random() % 256);
        const uint32_t crc = crc_of(std::string_view(bytes).substr(at + 4, size + 4));
        for (size_t i = 0; i < 4; ++i) bytes[at + 8 + size + i] = char(crc >> (24 - 8 * i) & 0xff);
        at += size + 12;
      }
      put(folder / "x.png", bytes);
      SCOPED_TRACE(std::string(name) + " " + std::to_string(round));
      testing::expect_read_or_refused(folder / "x.png", read_all_ways);
      testing::expect_read_or_refused(folder / "x.png",
                                      [](const auto& path) { load_labels(path); });
    }
  }
}

TEST(LoadImage, SurvivesRandomBytesAfterAValidStart) {
  using namespace std::string_view_literals;
  testing::survive_random_bytes(""sv, 100, read_all_ways);
  testing::survive_random_bytes("\x89PNG\r\n\x1a\n"sv, 200, read_all_ways);
  testing::survive_random_bytes("\xff\xd8\xff"sv, 200, read_all_ways);
  testing::survive_random_bytes("RIFF\x20\0\0\0WEBPVP8 "sv, 200, read_all_ways);
  testing::survive_random_bytes("RIFF\x20\0\0\0WEBPVP8L"sv, 200, read_all_ways);
}

TEST(SavePng, KeepsEveryKindOfImage) {
  const TemporaryFolder folder;
  const at::Tensor rgba = counting({4, 5, 7});
  save_png(folder / "rgba.png", rgba);
  EXPECT_TRUE(at::equal(load_image_rgba(folder / "rgba.png"), rgba));
  EXPECT_TRUE(at::equal(load_image(folder / "rgba.png"), rgba.slice(0, 0, 3)));
  const at::Tensor rgb = counting({3, 5, 7});
  save_png(folder / "rgb.png", rgb);
  EXPECT_TRUE(at::equal(load_image(folder / "rgb.png"), rgb));
  const at::Tensor gray = counting({5, 7});
  save_png(folder / "gray.png", gray);
  EXPECT_TRUE(at::equal(load_labels(folder / "gray.png"), gray));
  EXPECT_TRUE(at::equal(load_image(folder / "gray.png"), gray.expand({3, 5, 7})));
  const at::Tensor ids =
      at::tensor({0, 1, 255, 256, 32767, 32768, 65534, 65535}, at::kInt).view({2, 4});
  save_png(folder / "ids.png", ids);
  EXPECT_TRUE(at::equal(load_labels(folder / "ids.png"), ids));
}

TEST(SavePng, TakesAnyStrides) {
  const TemporaryFolder folder;
  const at::Tensor turned = counting({3, 7, 5}).transpose(1, 2);
  save_png(folder / "turned.png", turned);
  EXPECT_TRUE(at::equal(load_image(folder / "turned.png"), turned));
}

TEST(SaveJpeg, KeepsThePictureNearly) {
  const TemporaryFolder folder;
  // Smooth, but for a red square whose edges would bleed were color stored at half the size.
  at::Tensor image = at::arange(64).view({1, 8, 8}).mul(3).expand({3, 8, 8}).to(at::kByte).clone();
  image[0].slice(0, 3, 5).slice(1, 3, 5).fill_(255);
  save_jpeg(folder / "a.jpg", image, 100);
  const at::Tensor back = load_image(folder / "a.jpg");
  ASSERT_EQ(back.sizes(), image.sizes());
  // Quantized by 1 in YCbCr, that is at most a few steps of RGB.
  EXPECT_LE((back.to(at::kInt) - image.to(at::kInt)).abs().max().item<int>(), 3);
  save_jpeg(folder / "b.jpg", image.transpose(1, 2), 10);
  EXPECT_LT(std::filesystem::file_size(folder / "b.jpg"),
            std::filesystem::file_size(folder / "a.jpg"));
  EXPECT_THROW(save_jpeg(folder / "c.jpg", image, 0), std::invalid_argument);
  EXPECT_THROW(save_jpeg(folder / "c.jpg", image[0], 90), std::invalid_argument);
  EXPECT_THROW(save_jpeg(folder / "c.jpg", at::zeros({3, 1, 65501}, at::kByte), 90),
               std::invalid_argument);
}

TEST(SavePalettePng, KeepsTheIndicesAndShowsTheColors) {
  const TemporaryFolder folder;
  const at::Tensor indices = at::tensor({0, 2, 1, 2}, at::kByte).view({2, 2});
  const std::array<RgbColor, 3> palette = {{{0, 0, 0}, {128, 64, 128}, {255, 0, 7}}};
  save_palette_png(folder / "labels.png", indices, palette);
  EXPECT_TRUE(at::equal(load_labels(folder / "labels.png"), indices));
  const at::Tensor shown = load_image(folder / "labels.png");
  EXPECT_TRUE(at::equal(shown.select(1, 0).select(1, 1), at::tensor({255, 0, 7}, at::kByte)));
  EXPECT_TRUE(at::equal(shown.select(1, 1).select(1, 0), at::tensor({128, 64, 128}, at::kByte)));
  EXPECT_THROW(save_palette_png(folder / "b.png", indices, std::span(palette).first(2)),
               std::invalid_argument);
  EXPECT_THROW(save_palette_png(folder / "b.png", indices.to(at::kInt), palette),
               std::invalid_argument);
}

TEST(SavePng, RefusesOtherTensors) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "x.png";
  EXPECT_THROW(save_png(path, at::zeros({3, 4, 4})), std::invalid_argument);
  EXPECT_THROW(save_png(path, at::zeros({2, 4, 4}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(save_png(path, at::zeros({0, 4}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(save_png(path, at::zeros({65536, 1}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(save_png(path, at::Tensor()), std::invalid_argument);
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                save_png(path, at::tensor({-1, 65536}, at::kInt).view({1, 2}));
              }),
              HasSubstr("expected values in [0, 65535], got -1 to 65536"));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(save_png(folder / "no/x.png", counting({2, 2})), FileError);
}

}  // namespace
}  // namespace situ
