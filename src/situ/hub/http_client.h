// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace situ {

/// A server could not be reached, or answered with an error; the message names the address.
class HttpError : public std::runtime_error {
 public:
  HttpError(const std::string& message, int status, bool may_pass,
            std::optional<std::chrono::duration<double>> retry_after = std::nullopt)
      : std::runtime_error(message),
        status_(status),
        may_pass_(may_pass),
        retry_after_(retry_after) {}

  int status() const { return status_; }       ///< 0 where there was no answer
  bool may_pass() const { return may_pass_; }  ///< whether asking again may help
  std::optional<std::chrono::duration<double>> retry_after() const { return retry_after_; }

 private:
  int status_;
  bool may_pass_;
  std::optional<std::chrono::duration<double>> retry_after_;
};

struct HttpOptions {
  int attempts = 6;  ///< in a row without progress
  std::chrono::duration<double> first_delay{1};
  std::chrono::duration<double> longest_delay{60};  ///< also bounds what Retry-After asks for
  std::chrono::seconds connect_timeout{20};
  std::chrono::seconds stall_timeout{30};  ///< with less than one byte a second
  /// How to wait between attempts; by default asleep, looking for interrupts.
  std::function<void(std::chrono::duration<double>)> wait = {};
};

struct HttpRequest {
  std::string url;  ///< http or https
  bool head = false;
  /// Sent as "Authorization: Bearer" to the url's own scheme, host and port, not to others that it
  /// redirects to.
  std::string token = {};
  int64_t from_byte = 0;  ///< above 0: the rest of the content from there
  /// Whether a redirect to another server is followed; one on the same server always is, unless
  /// the answer has X-Linked-Etag.
  bool leave_server = true;
  /// What bounds the content of an answer.
  int64_t max_bytes = int64_t{16} << 20;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers = {};  ///< names in small letters
  std::string header(const std::string& name) const;
};

/// Takes the content; called first with the status and headers that it belongs to.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  /// An answer of status 200 or 206 begins.
  virtual void begin(const HttpResponse& response) = 0;
  virtual void add(std::string_view bytes) = 0;
};

/// Asks once. Redirects are followed (at most 10, never from https to http); proxies are those of
/// the environment. Throws HttpError for every answer but 2xx, and 3xx where it is not followed;
/// DataError when the headers or the content are larger than allowed; Interrupted; and what the
/// sink throws.
HttpResponse http_once(const HttpRequest& request, const HttpOptions& options, HttpSink* sink);

/// Calls `attempt` until it does not throw an HttpError that may pass, waiting between as the
/// server or the options say, at most `options.attempts` times in a row for which `progress` (a
/// growing number) did not grow by a mebibyte.
void with_retries(const HttpOptions& options, const std::function<int64_t()>& progress,
                  const std::function<void()>& attempt);

/// Asks, with retries, and returns the answer.
HttpResponse http_head(const HttpRequest& request, const HttpOptions& options);
/// Asks, with retries, and returns the content.
std::string http_text(const HttpRequest& request, const HttpOptions& options);

/// "scheme://host:port" in small letters with the port written out: what a token is bound to.
/// Throws std::invalid_argument for text that is no http(s) address, or has a user in it.
std::string server_of(const std::string& url);

/// Percent-encodes all but letters, digits, "-._~" and, where `slashes` stay, "/".
std::string percent_encoded(std::string_view text, bool keep_slashes);

}  // namespace situ
