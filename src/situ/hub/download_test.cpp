// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "situ/hub/resolve_model.h"
#include "situ/hub/test_hub.h"
#include "situ/hub/verify_model.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;
using testing::TestHub;

constexpr char kWeights[] = "unet/diffusion_pytorch_model.safetensors";

std::string pattern(size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>((i * 2654435761U) >> 13);
  return text;
}

class Download : public ::testing::Test {
 protected:
  Download() {
    hub_.files = {{"model_index.json", R"({"unet": ["diffusers", "UNet2DConditionModel"]})"},
                  {"unet/config.json", "{}"},
                  {kWeights, pattern(300000)}};
    options_.hub.cache = folder_ / "hub";
    options_.hub.endpoint = hub_.endpoint();
    options_.hub.http.wait = [this](std::chrono::duration<double> delay) {
      waits_.push_back(delay.count());
    };
  }

  fs::path download() { return download_model({"org/model"}, options_); }

  CachedRepository cached() const { return CachedRepository(options_.hub.cache, "org/model"); }
  std::string weights_hash() const { return sha256_hex(hub_.files.at(kWeights)); }

  /// Names in blobs/ that are neither content nor expected.
  int left_over(const std::string& mark) const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(cached().blobs())) {
      count += entry.path().filename().string().find(mark) != std::string::npos;
    }
    return count;
  }

  void expect_all_there(const fs::path& snapshot) {
    for (const auto& [path, content] : hub_.files) {
      EXPECT_TRUE(read_file(snapshot / path) == content) << path;
    }
    EXPECT_EQ(left_over(".incomplete"), 0);
  }

  int gets(const std::string& path) {
    int count = 0;
    for (const auto& request : hub_.requests()) {
      count += request.method == "GET" && request.path.ends_with(path);
    }
    return count;
  }

  /// Sends the content until `bytes` and cuts the connection.
  static void cut(const std::string& content, size_t bytes, const httplib::Request& request,
                  httplib::Response& response, size_t declared) {
    const_cast<httplib::Request&>(request).ranges.clear();
    response.set_content_provider(
        declared, "application/octet-stream",
        [&content, bytes](size_t offset, size_t length, httplib::DataSink& sink) {
          if (offset >= bytes) return false;
          return sink.write(content.data() + offset, std::min(length, bytes - offset));
        });
  }

  TemporaryFolder folder_;
  TestHub hub_;
  DownloadOptions options_;
  std::vector<double> waits_;
};

TEST_F(Download, FetchesAModelIntoHuggingFacesLayout) {
  int64_t last = 0;
  int64_t all = 0;
  options_.progress = [&](int64_t done, int64_t total) { last = done, all = total; };
  const fs::path snapshot = download();
  EXPECT_EQ(snapshot, cached().snapshot(TestHub::kCommit));
  expect_all_there(snapshot);
  EXPECT_EQ(read_file(cached().folder() / "refs/main"), TestHub::kCommit);
  EXPECT_EQ(fs::read_symlink(snapshot / kWeights), "../../../blobs/" + weights_hash());
  EXPECT_EQ(last, all);
  EXPECT_TRUE(is_complete_snapshot(snapshot));
  download();
  EXPECT_EQ(gets(kWeights), 1) << "what is there is not fetched again";
}

TEST_F(Download, GoesOnWhereAConnectionWasCut) {
  hub_.on_get = [&, times = 0](const auto& request, auto& response) mutable {
    if (!request.path.ends_with(kWeights) || times++ > 0) return false;
    cut(hub_.files[kWeights], 100000, request, response, 300000);
    return true;
  };
  expect_all_there(download());
  EXPECT_EQ(gets(kWeights), 2);
  EXPECT_THAT(hub_.requests().back().method, "GET");
  bool resumed = false;
  for (const auto& request : hub_.requests()) {
    resumed =
        resumed || (request.has_header("Range") && request.get_header_value("Range") != "bytes=0-");
  }
  EXPECT_TRUE(resumed);
}

TEST_F(Download, StartsOverWhereTheServerIgnoresRanges) {
  hub_.on_get = [&, times = 0](const auto& request, auto& response) mutable {
    if (!request.path.ends_with(kWeights)) return false;
    if (times++ == 0) {
      cut(hub_.files[kWeights], 100000, request, response, 300000);
      return true;
    }
    const_cast<httplib::Request&>(request).ranges.clear();
    return false;
  };
  expect_all_there(download());
  EXPECT_EQ(gets(kWeights), 2);
}

TEST_F(Download, GivesUpOnAContentThatAlwaysEndsEarlyAndKeepsWhatCame) {
  hub_.on_get = [&](const auto& request, auto& response) {
    if (!request.path.ends_with(kWeights)) return false;
    const_cast<httplib::Request&>(request).ranges.clear();
    response.set_content(hub_.files[kWeights].substr(0, 1000), "application/octet-stream");
    return true;
  };
  EXPECT_THAT(message_of<HttpError>([&] { download(); }), HasSubstr("1000 of 300000 bytes"));
  EXPECT_EQ(gets(kWeights), options_.hub.http.attempts);
  EXPECT_EQ(left_over(".incomplete"), 1);
  EXPECT_FALSE(fs::exists(cached().folder() / "snapshots"));
  EXPECT_FALSE(fs::exists(cached().folder() / "refs"));
}

TEST_F(Download, RefusesMoreThanWasDeclared) {
  hub_.on_get = [&](const auto& request, auto& response) {
    if (!request.path.ends_with(kWeights)) return false;
    response.set_content(hub_.files[kWeights] + "more", "application/octet-stream");
    return true;
  };
  EXPECT_THAT(message_of<DataError>([&] { download(); }), HasSubstr("more than the 300000 bytes"));
  EXPECT_FALSE(fs::exists(cached().folder() / "snapshots"));
}

TEST_F(Download, PutsCorruptContentAsideAndFetchesItAgain) {
  hub_.on_get = [&, times = 0](const auto& request, auto& response) mutable {
    if (!request.path.ends_with(kWeights) || times++ > 0) return false;
    response.set_content(std::string(300000, 'x'), "application/octet-stream");
    return true;
  };
  expect_all_there(download());
  EXPECT_EQ(left_over(".corrupt"), 1);
}

TEST_F(Download, RefusesContentThatIsNeverWhatItsHashSays) {
  hub_.etags[kWeights] = std::string(64, '0');
  EXPECT_THAT(message_of<DataError>([&] { download(); }),
              HasSubstr("not what the server declared"));
  EXPECT_FALSE(fs::exists(cached().blob(std::string(64, '0'))));
  EXPECT_EQ(left_over(".incomplete"), 0);
  hub_.etags[kWeights] = "../../../evil";
  EXPECT_THAT(message_of<DataError>([&] { download(); }), HasSubstr("declares no SHA-256"));
}

TEST_F(Download, WaitsAsTheServerSaysAndThenLongerAndLonger) {
  hub_.on_get = [&, times = 0](const auto& request, auto& response) mutable {
    if (!request.path.ends_with(kWeights) || times >= 3) return false;
    response.status = times++ == 0 ? 429 : 500;
    if (response.status == 429) response.set_header("Retry-After", "7");
    return true;
  };
  expect_all_there(download());
  ASSERT_EQ(waits_.size(), 3);
  EXPECT_EQ(waits_[0], 7);
  EXPECT_NEAR(waits_[1], 2, 0.5);  // a quarter to either side
  EXPECT_NEAR(waits_[2], 4, 1);
}

TEST_F(Download, DoesNotAskAgainForWhatIsNotThere) {
  EXPECT_THAT(message_of<HttpError>([&] { download_model({"org/other"}, options_); }),
              HasSubstr("404"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(Download, SendsTheTokenToItsOwnServerOnly) {
  TestHub elsewhere;
  elsewhere.files = hub_.files;
  options_.hub.token = "hf_secret";
  hub_.on_get = [&](const auto& request, auto& response) {
    if (!request.path.ends_with(kWeights)) return false;
    response.set_redirect(elsewhere.endpoint() + request.path);
    return true;
  };
  expect_all_there(download());
  for (const auto& request : hub_.requests()) {
    EXPECT_EQ(request.get_header_value("Authorization"), "Bearer hf_secret") << request.path;
  }
  ASSERT_EQ(elsewhere.requests().size(), 1);
  EXPECT_FALSE(elsewhere.requests()[0].has_header("Authorization"));
}

TEST_F(Download, RefusesAListingWithFilesOutsideTheRepository) {
  hub_.listing = std::string("{\"sha\":\"") + TestHub::kCommit +
                 "\",\"siblings\":[{\"rfilename\":\"../../x\"}]}";
  EXPECT_THROW(download(), DataError);
  EXPECT_FALSE(fs::exists(options_.hub.cache));
}

TEST_F(Download, RepairsABlobThatWasDamagedOnDisk) {
  const fs::path snapshot = download();
  put(cached().blob(weights_hash()), std::string(300000, 'y'));
  bool broken = false;
  for (const VerifiedFile& file : verify_snapshot(snapshot)) {
    EXPECT_EQ(file.state == VerifiedFile::State::kBroken, file.path == kWeights) << file.path;
    broken = broken || file.state == VerifiedFile::State::kBroken;
  }
  EXPECT_TRUE(broken);
  options_.check_existing = true;
  expect_all_there(download());
}

TEST_F(Download, OfAKilledProcessIsResumedWithOnlyTheRest) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Dies in the middle of the weights, as by kill -9.
    options_.progress = [](int64_t done, int64_t) {
      if (done > 150000) ::kill(::getpid(), SIGKILL);
    };
    download();
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(left_over(".incomplete"), 1);
  EXPECT_FALSE(fs::exists(cached().folder() / "snapshots"));
  expect_all_there(download());
  const auto requests = hub_.requests();
  const std::string range = requests.back().get_header_value("Range");
  ASSERT_TRUE(range.starts_with("bytes=")) << range;
  EXPECT_GE(std::stoll(range.substr(6)), 100000);
}

TEST_F(Download, ByTwoProcessesAtOnceEndsWell) {
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 1;
      try {
        download();
        code = 0;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  expect_all_there(cached().snapshot(TestHub::kCommit));
}

TEST_F(Download, SaysThatAFileCannotGrow) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 100000, .rlim_max = 100000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      download();
    } catch (const FileError&) {
      code = 0;
    } catch (const std::exception&) {
      code = 2;
    }
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(cached().folder() / "snapshots"));
}

TEST_F(Download, IntoAFolderThatCannotBeMadeIsRefused) {
  put(folder_ / "file", "");
  options_.hub.cache = folder_ / "file/hub";
  EXPECT_THROW(download(), FileError);
}

TEST_F(Download, ResolvesAModelFromTheServerThenFromTheCache) {
  const ResolveOptions options{.hub = options_.hub, .progress = [](int64_t, int64_t) {}};
  const fs::path snapshot = resolve_model("org/model", options);
  expect_all_there(snapshot);
  const size_t asked = hub_.requests().size();
  EXPECT_EQ(resolve_model("org/model", options), snapshot);
  ResolveOptions offline = options;
  offline.hub->offline = true;
  EXPECT_EQ(resolve_model("org/model", offline), snapshot);
  EXPECT_EQ(resolve_model(std::string("org/model@") + TestHub::kCommit, offline), snapshot);
  EXPECT_EQ(hub_.requests().size(), asked);
  EXPECT_THAT(
      message_of<FileError>([&] { resolve_model("org/other", offline); }),
      ::testing::AllOf(HasSubstr("HF_HUB_OFFLINE"), HasSubstr("situ models download org/other")));
}

TEST_F(Download, ResolvesPathsToThemselvesAndNamesTheNearestOfOthers) {
  EXPECT_EQ(resolve_model(folder_.path()), folder_.path());
  EXPECT_THAT(message_of<std::invalid_argument>([] { resolve_model("sd1.5-inpaintin"); }),
              HasSubstr("sd1.5-inpainting"));
}

TEST_F(Download, FindsASnapshotOfAMirrorOrOfTheRepositoryThatIsGone) {
  ResolveOptions options{.hub = options_.hub};
  options.hub->offline = true;
  const CachedRepository gone(options_.hub.cache, "runwayml/stable-diffusion-inpainting");
  fs::create_directories(gone.blobs());
  put(gone.blob("index"), hub_.files["model_index.json"]);
  put(gone.blob("weights"), "w");
  gone.place(TestHub::kCommit, "model_index.json", "index");
  gone.set_ref("main", TestHub::kCommit);
  EXPECT_THROW(resolve_model("sd1.5-inpainting", options), FileError) << "it lacks the weights";
  gone.place(TestHub::kCommit, kWeights, "weights");
  EXPECT_EQ(resolve_model("sd1.5-inpainting", options), gone.snapshot(TestHub::kCommit));
  EXPECT_EQ(resolve_model("runwayml/stable-diffusion-inpainting", options),
            gone.snapshot(TestHub::kCommit));
}

TEST_F(Download, FetchesAModelAnewWhoseIndexIsBroken) {
  const ResolveOptions options{.hub = options_.hub};
  const fs::path snapshot = resolve_model("org/model", options);
  put(cached().blob(sha256_hex(hub_.files["model_index.json"])), "bad");
  expect_all_there(resolve_model("org/model", options));
  EXPECT_EQ(gets(kWeights), 1);
}

TEST_F(Download, SaysWhatEveryMirrorAnswered) {
  ResolveOptions options{.hub = options_.hub};
  // Neither of the table's mirrors is on this hub.
  EXPECT_THAT(message_of<FileError>([&] { resolve_model("sd1.5", options); }),
              ::testing::AllOf(HasSubstr("stable-diffusion-v1-5/stable-diffusion-v1-5"),
                               HasSubstr("sd-legacy/stable-diffusion-v1-5")));
}

}  // namespace
}  // namespace situ
