// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/version.h"

namespace situ {
namespace {

constexpr size_t kMaxHeaderBytes = size_t{64} << 10;
constexpr int kMaxRedirects = 10;
constexpr int64_t kProgressBytes = int64_t{1} << 20;

using Seconds = std::chrono::duration<double>;

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<uint8_t>(letter)));
  return text;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<uint8_t>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<uint8_t>(text.back()))) text.remove_suffix(1);
  return std::string(text);
}

/// Signed parts of an address may be secret.
std::string without_query(const std::string& url) { return url.substr(0, url.find('?')); }

/// One exchange with one server, as libcurl's callbacks see it.
struct Exchange {
  const HttpRequest* request;
  HttpSink* sink;
  HttpResponse response = {};
  size_t header_bytes = 0;
  int64_t content_bytes = 0;
  bool begun = false;
  std::exception_ptr error = {};
};

// Exceptions must not cross libcurl: callbacks keep them and make the transfer end.
template <class Action>
size_t guarded(Exchange& exchange, size_t count, const Action& action) {
  try {
    action();
    return count;
  } catch (const std::exception&) {
    exchange.error = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

void add_header(Exchange& exchange, std::string_view line) {
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) {
    throw DataError(without_query(exchange.request->url), "the headers are larger than 64 KiB");
  }
  if (line.starts_with("HTTP/")) {  // also after "100 Continue" and a proxy's answer
    exchange.response = {};
    const size_t space = line.find(' ');
    if (space != std::string_view::npos) {
      exchange.response.status = std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    }
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  exchange.response.headers[lower(trimmed(line.substr(0, colon)))] =
      trimmed(line.substr(colon + 1));
}

void add_content(Exchange& exchange, std::string_view bytes) {
  const int status = exchange.response.status;
  if (status != 200 && status != 206) return;  // the text of an error or a redirect
  if (exchange.sink == nullptr) return;
  if (!std::exchange(exchange.begun, true)) exchange.sink->begin(exchange.response);
  exchange.content_bytes += static_cast<int64_t>(bytes.size());
  if (exchange.content_bytes > exchange.request->max_bytes) {
    throw DataError(without_query(exchange.request->url),
                    "the server sends more than the " +
                        std::to_string(exchange.request->max_bytes) + " bytes that are expected");
  }
  exchange.sink->add(bytes);
}

size_t on_header(char* bytes, size_t size, size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  return guarded(exchange, size * count, [&] { add_header(exchange, {bytes, size * count}); });
}

size_t on_content(char* bytes, size_t size, size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  return guarded(exchange, size * count, [&] { add_content(exchange, {bytes, size * count}); });
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return interrupt_requested() ? 1 : 0;
}

struct CurlRelease {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl cannot be started");
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

std::optional<Seconds> retry_after_of(const HttpResponse& response) {
  const std::string text = response.header("retry-after");
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789") == std::string::npos && text.size() < 10) {
    return Seconds(std::atoi(text.c_str()));
  }
  const time_t at = curl_getdate(text.c_str(), nullptr);
  if (at < 0) return std::nullopt;
  return Seconds(std::max(0.0, std::difftime(at, std::time(nullptr))));
}

std::string reason_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return "access is refused; the repository may not exist or be private or gated: accept its "
             "licence on the website and set HF_TOKEN";
    case 404:
      return "there is no such repository, revision or file";
    case 429:
      return "the server asks for fewer requests";
    default:
      return "the server reports an error";
  }
}

void throw_for_status(const std::string& url, const HttpResponse& response) {
  const int status = response.status;
  const bool later = status == 408 || status == 429 || status >= 500;
  throw HttpError(
      without_query(url) + ": HTTP status " + std::to_string(status) + ": " + reason_of(status),
      status, later, retry_after_of(response));
}

/// One exchange; the second of the pair is where it redirects to, or empty.
struct Answer {
  HttpResponse response;
  std::string redirect;
};

Answer exchange_once(const HttpRequest& request, const HttpOptions& options, HttpSink* sink,
                     bool with_token) {
  start_curl();
  const std::unique_ptr<CURL, CurlRelease> handle(curl_easy_init());
  if (handle == nullptr) throw std::runtime_error("libcurl cannot be started");
  CURL* curl = handle.get();
  Exchange exchange{.request = &request, .sink = sink};
  char reason[CURL_ERROR_SIZE] = "";
  curl_slist* list = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (with_token)
    list = curl_slist_append(list, ("Authorization: Bearer " + request.token).c_str());
  const std::unique_ptr<curl_slist, CurlRelease> headers(list);
  const std::string agent = std::string("situ/") + version();
  const std::string range = std::to_string(request.from_byte) + "-";
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_content);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  if (request.head) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (request.from_byte > 0) curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());
  const CURLcode code = curl_easy_perform(curl);
  if (exchange.error) std::rethrow_exception(exchange.error);
  throw_if_interrupted();
  if (code != CURLE_OK) {
    throw HttpError(
        without_query(request.url) + ": " + (reason[0] != 0 ? reason : curl_easy_strerror(code)), 0,
        may_pass(code));
  }
  // An empty content never reaches on_content.
  if (!request.head && sink != nullptr && !exchange.begun &&
      (exchange.response.status == 200 || exchange.response.status == 206)) {
    sink->begin(exchange.response);
  }
  const char* redirect = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
  return {std::move(exchange.response), redirect == nullptr ? "" : redirect};
}

void wait_asleep(Seconds delay) {
  const auto end = std::chrono::steady_clock::now() + delay;
  while (std::chrono::steady_clock::now() < end) {
    throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

/// Collects content of at most request.max_bytes.
class TextSink : public HttpSink {
 public:
  void begin(const HttpResponse&) override { text.clear(); }
  void add(std::string_view bytes) override { text += bytes; }
  std::string text;
};

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpResponse http_once(const HttpRequest& given, const HttpOptions& options, HttpSink* sink) {
  HttpRequest request = given;
  const std::string server = server_of(given.url);
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    const bool home = server_of(request.url) == server;
    Answer answer = exchange_once(request, options, sink, home && !request.token.empty());
    const int status = answer.response.status;
    if (status >= 200 && status < 300) return std::move(answer.response);
    if (status < 300 || status >= 400 || answer.redirect.empty()) {
      throw_for_status(request.url, answer.response);
    }
    if (!request.leave_server && (!answer.response.header("x-linked-etag").empty() ||
                                  server_of(answer.redirect) != server)) {
      return std::move(answer.response);
    }
    if (request.url.starts_with("https:") && !answer.redirect.starts_with("https:")) {
      throw HttpError(
          without_query(request.url) + ": redirects from https to an address without it", status,
          false);
    }
    request.url = answer.redirect;
  }
  throw HttpError(without_query(given.url) + ": redirects more than 10 times", 0, false);
}

void with_retries(const HttpOptions& options, const std::function<int64_t()>& progress,
                  const std::function<void()>& attempt) {
  Seconds delay = options.first_delay;
  std::mt19937 random(std::random_device{}());
  for (int failed = 1;; ++failed) {
    const int64_t before = progress();
    try {
      attempt();
      return;
    } catch (const HttpError& error) {
      if (!error.may_pass()) throw;
      if (progress() - before >= kProgressBytes) {
        failed = 1;
        delay = options.first_delay;
      }
      if (failed >= options.attempts) {
        throw HttpError(std::string(error.what()) + " (tried " + std::to_string(failed) +
                            " times; what has arrived is kept, run the command again to go on)",
                        error.status(), false);
      }
      // Clients that were cut off together should not come back together.
      const Seconds chosen = delay * std::uniform_real_distribution<double>(0.75, 1.25)(random);
      const Seconds wait = std::min(options.longest_delay, error.retry_after().value_or(chosen));
      options.wait ? options.wait(wait) : wait_asleep(wait);
      delay *= 2;
    }
  }
}

HttpResponse http_head(const HttpRequest& request, const HttpOptions& options) {
  HttpResponse response;
  with_retries(
      options, [] { return 0; }, [&] { response = http_once(request, options, nullptr); });
  return response;
}

std::string http_text(const HttpRequest& request, const HttpOptions& options) {
  TextSink sink;
  with_retries(
      options, [] { return 0; }, [&] { http_once(request, options, &sink); });
  return std::move(sink.text);
}

std::string server_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
  if (parts == nullptr || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    throw std::invalid_argument("'" + without_query(url) + "' is no http or https address");
  }
  const auto part = [&](CURLUPart kind, unsigned int flags) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), kind, &text, flags) != CURLUE_OK) return std::string();
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  const std::string scheme = lower(part(CURLUPART_SCHEME, 0));
  if (scheme != "http" && scheme != "https") {
    throw std::invalid_argument("'" + without_query(url) + "' is no http or https address");
  }
  if (!part(CURLUPART_USER, 0).empty()) {
    throw std::invalid_argument("an address must not name a user; set HF_TOKEN instead");
  }
  return scheme + "://" + lower(part(CURLUPART_HOST, 0)) + ":" +
         part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<uint8_t>(letter);
    const bool plain = byte < 128 && (std::isalnum(byte) || std::string_view("-._~").find(letter) !=
                                                                std::string_view::npos);
    if (plain || (letter == '/' && keep_slashes)) {
      encoded += letter;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

}  // namespace situ
