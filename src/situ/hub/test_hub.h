// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "situ/hub/hub_settings.h"
#include "situ/io/sha256.h"

namespace situ::testing {

/// A hub on a free port of 127.0.0.1 with one repository, org/model.
class TestHub {
 public:
  using Handler = std::function<bool(const httplib::Request&, httplib::Response&)>;

  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

  TestHub() {
    server_.set_tcp_nodelay(true);
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no free port");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  TestHub(const TestHub&) = delete;
  TestHub& operator=(const TestHub&) = delete;
  ~TestHub() {
    server_.stop();
    thread_.join();
  }

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::map<std::string, std::string> files;
  std::map<std::string, std::string> etags;  // instead of the true ones
  Handler on_get = {};                       // true: it has answered
  std::string listing = {};                  // instead of the true one

  /// "GET /path token range", one for every request.
  std::vector<httplib::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (request.path.starts_with("/api/models/")) {
      if (!request.path.starts_with("/api/models/org/model/revision/")) {
        response.status = 404;
        return;
      }
      std::string text = listing;
      if (text.empty()) {
        for (const auto& [path, content] : files) {
          text += (text.empty() ? "" : ",") + ("{\"rfilename\":\"" + path + "\"}");
        }
        text = std::string("{\"sha\":\"") + kCommit + "\",\"siblings\":[" + text + "]}";
      }
      response.set_content(text, "application/json");
      return;
    }
    const std::string start = std::string("/org/model/resolve/") + kCommit + "/";
    const std::string path =
        request.path.starts_with(start) ? request.path.substr(start.size()) : "";
    if (!files.contains(path)) {
      response.status = 404;
      return;
    }
    const std::string& content = files.at(path);
    response.set_header("X-Repo-Commit", kCommit);
    response.set_header("X-Linked-Etag",
                        '"' + (etags.contains(path) ? etags[path] : sha256_hex(content)) + '"');
    response.set_header("X-Linked-Size", std::to_string(content.size()));
    if (request.method == "GET" && on_get && on_get(request, response)) return;
    response.set_content(content, "application/octet-stream");
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<httplib::Request> requests_;
};

}  // namespace situ::testing
