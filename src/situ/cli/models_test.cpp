// SPDX-License-Identifier: Apache-2.0
// `situ models` and names of the hub, against a hub on this machine.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "situ/cli/command.h"
#include "situ/cli/test_command.h"
#include "situ/hub/test_hub.h"
#include "situ/io/file_bytes.h"
#include "situ/io/image_file.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Ended;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::put;
using testing::run_situ;
using testing::TestHub;

constexpr char kWeights[] = "unet/diffusion_pytorch_model.safetensors";

class Models : public ::testing::Test {
 protected:
  Models() {
    hub_.files = {{"model_index.json", "{}"}, {"unet/config.json", "{}"}, {kWeights, "no weights"}};
    set("HF_HUB_CACHE", (folder_ / "hub").string());
    set("HF_ENDPOINT", hub_.endpoint());
    for (const char* name : {"mini-inpainter", "mini-segmenter"}) {
      fs::create_directories(folder_ / name);
      put(folder_ / name / "model.safetensors", "no weights");
    }
    set("SITU_MODELS", folder_.path().string());
  }
  ~Models() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }

  void set(const std::string& variable, const std::string& value) {
    ::setenv(variable.c_str(), value.c_str(), 1);
    variables_.push_back(variable);
  }
  fs::path snapshot() const {
    return folder_ / "hub/models--org--model/snapshots" / TestHub::kCommit;
  }
  fs::path photo() const {
    save_png(folder_ / "a.png", at::full({3, 48, 64}, 90, at::kByte));
    return folder_ / "a.png";
  }

  TemporaryFolder folder_;
  TestHub hub_;
  std::vector<std::string> variables_;
};

TEST_F(Models, AreFetchedFoundCheckedAndRemoved) {
  EXPECT_EQ(run_situ({"models", "path", "org/model"}).exit_code, kFailed);

  const Ended fetched = run_situ({"models", "download", "org/model"});
  EXPECT_EQ(fetched.exit_code, kDone) << fetched.messages;
  EXPECT_EQ(fetched.results, snapshot().string() + "\n");
  EXPECT_EQ(read_file(snapshot() / kWeights), "no weights");
  EXPECT_EQ(run_situ({"models", "path", "org/model"}).results, fetched.results);

  const Ended shown = run_situ({"models", "show", "org/model", "--json"});
  const auto row = nlohmann::json::parse(shown.results);
  EXPECT_EQ(row.at("path"), snapshot().string());
  EXPECT_EQ(row.at("bytes_on_disk"), 14);

  EXPECT_EQ(run_situ({"models", "verify", "org/model"}).exit_code, kDone);
  put(fs::canonical(snapshot() / kWeights), "NO WEIGHTS");
  const Ended broken = run_situ({"models", "verify", "org/model"});
  EXPECT_EQ(broken.exit_code, kFailed);
  EXPECT_THAT(broken.results, HasSubstr(kWeights));
  EXPECT_THAT(broken.messages, HasSubstr("situ models download org/model"));
  EXPECT_EQ(run_situ({"models", "download", "org/model"}).exit_code, kDone);
  EXPECT_EQ(run_situ({"models", "verify", "org/model"}).exit_code, kDone);

  EXPECT_EQ(run_situ({"models", "remove", "org/model"}).exit_code, kDone);
  EXPECT_FALSE(fs::exists(snapshot()));
  EXPECT_EQ(run_situ({"models", "remove", "org/model"}).exit_code, kFailed);
}

TEST_F(Models, AreListedWithWhatShipsWhatIsKnownAndWhatIsHere) {
  run_situ({"models", "download", "org/model"});
  const Ended listed = run_situ({"models", "list"});
  EXPECT_EQ(listed.exit_code, kDone);
  EXPECT_THAT(listed.results, AllOf(HasSubstr("mini-inpainter"), HasSubstr("sd1.5-inpainting"),
                                    HasSubstr("not fetched"), HasSubstr("org/model")));
  bool found = false;
  for (const auto& row : nlohmann::json::parse(run_situ({"models", "list", "--json"}).results)) {
    if (row.at("name") == "sd2-inpainting") {
      found = true;
      EXPECT_EQ(row.at("path"), nullptr);
      EXPECT_THAT(row.at("repositories").dump(),
                  HasSubstr("sd2-community/stable-diffusion-2-inpainting"));
    }
  }
  EXPECT_TRUE(found);
}

TEST_F(Models, OfUnknownNamesEndWithTheNearestOne) {
  for (const char* verb : {"show", "path", "verify", "remove", "download"}) {
    const Ended ended = run_situ({"models", verb, "sd2-inpaintin"});
    EXPECT_EQ(ended.exit_code, kUsage) << verb;
    EXPECT_THAT(ended.messages, HasSubstr("sd2-inpainting")) << verb;
  }
  EXPECT_EQ(run_situ({"models", "fetch", "org/model"}).exit_code, kUsage);
  EXPECT_TRUE(hub_.requests().empty());
}

TEST_F(Models, AreNotAskedForWhereTheEnvironmentSaysOffline) {
  set("HF_HUB_OFFLINE", "1");
  const Ended ended = run_situ({"models", "download", "org/model"});
  EXPECT_EQ(ended.exit_code, kFailed);
  EXPECT_THAT(ended.messages, HasSubstr("HF_HUB_OFFLINE"));
  EXPECT_TRUE(hub_.requests().empty());
}

TEST_F(Models, AreFetchedWhereACommandNamesThem) {
  const Ended planned =
      run_situ({"insert", photo().string(), "--object", "dog", "--inpainter", "org/model",
                "--dry-run", "--json", "--output", (folder_ / "out").string()});
  ASSERT_EQ(planned.exit_code, kDone) << planned.messages;
  EXPECT_THAT(planned.results, HasSubstr(snapshot().string()));
  // The same name is the cache's from now on, whatever the hub says.
  const std::size_t asked = hub_.requests().size();
  const Ended painted =
      run_situ({"inpaint", "--model", "org/model", "--image", photo().string(), "--mask",
                photo().string(), "--prompt", "a dog", "--output", (folder_ / "out.png").string()});
  EXPECT_EQ(painted.exit_code, kFailed);
  EXPECT_THAT(painted.messages, HasSubstr(snapshot().string())) << "the files are no network's";
  EXPECT_EQ(hub_.requests().size(), asked);
  const Ended gone =
      run_situ({"inpaint", "--model", "org/other", "--image", photo().string(), "--mask",
                photo().string(), "--prompt", "a dog", "--output", (folder_ / "out.png").string()});
  EXPECT_EQ(gone.exit_code, kFailed);
  EXPECT_THAT(gone.messages, AllOf(HasSubstr("org/other"), HasSubstr("404")));
}

}  // namespace
}  // namespace situ
