// SPDX-License-Identifier: Apache-2.0
#include "registry/http.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <exception>

#include <curl/curl.h>

#include "base/file.h"
#include "base/text.h"
#include "registry/certificates.h"

namespace coracle {

namespace {

constexpr size_t max_header_bytes = 256 << 10;
constexpr long buffer_size = 32 << 10;

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return result;
}

/// What the callbacks of one exchange work on.
struct Exchange {
    const HttpRequest& request;
    HttpResponse response = {};
    size_t header_bytes = 0;
    std::exception_ptr failure = nullptr;
};

/// Calls `body`; an exception is kept, since it may not pass through libcurl.
template <class Body>
bool guarded(Exchange& exchange, Body&& body) {
    try {
        body();
        return true;
    } catch (...) {
        exchange.failure = std::current_exception();
        return false;
    }
}

void take_header(Exchange& exchange, std::string_view line) {
    if (line.starts_with("HTTP/")) {
        exchange.response = {};
        auto parts = split(line, ' ');
        exchange.response.protocol = parts[0];
        if (parts.size() > 1)
            exchange.response.status = static_cast<int>(parse_number(trim(parts[1])).value_or(0));
        return;
    }
    exchange.header_bytes += line.size();
    if (exchange.header_bytes > max_header_bytes)
        throw Error("'{}' sends headers without end", exchange.request.url.shown());
    if (auto colon = line.find(':'); colon != std::string_view::npos)
        exchange.response.headers.emplace_back(lower(line.substr(0, colon)),
                                               trim(line.substr(colon + 1)));
}

void take_body(Exchange& exchange, std::string_view piece) {
    HttpResponse& response = exchange.response;
    if (response.ok() && exchange.request.take)
        return exchange.request.take(response, piece);
    if (response.body.size() + piece.size() > exchange.request.limit)
        throw Error("'{}' sends more than {}", exchange.request.url.shown(),
                    human_size(exchange.request.limit));
    response.body += piece;
}

size_t on_header(char* data, size_t size, size_t count, void* exchange) {
    auto& self = *static_cast<Exchange*>(exchange);
    return guarded(self, [&] { take_header(self, {data, size * count}); }) ? size * count : 0;
}

size_t on_body(char* data, size_t size, size_t count, void* exchange) {
    auto& self = *static_cast<Exchange*>(exchange);
    return guarded(self, [&] { take_body(self, {data, size * count}); }) ? size * count : 0;
}

size_t on_upload(char* data, size_t size, size_t count, void* exchange) {
    auto& self = *static_cast<Exchange*>(exchange);
    size_t filled = 0;
    bool done = guarded(
        self, [&] { filled = self.request.upload->read(std::span<char>(data, size * count)); });
    return done ? filled : CURL_READFUNC_ABORT;
}

TransportError::Kind kind_of(CURLcode code, std::string_view text) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return TransportError::Kind::name;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return TransportError::Kind::certificate;
    case CURLE_SSL_CONNECT_ERROR:
        return text.find("wrong version number") != std::string_view::npos ||
                       text.find("packet length too long") != std::string_view::npos
                   ? TransportError::Kind::not_tls
                   : TransportError::Kind::connection;
    default: return TransportError::Kind::connection;
    }
}

class HeaderList {
public:
    ~HeaderList() { curl_slist_free_all(list_); }
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    void add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
    curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

} // namespace

std::string HttpResponse::header(std::string_view name) const {
    auto values = all(name);
    return values.empty() ? "" : values.back();
}

std::vector<std::string> HttpResponse::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : headers)
        if (key == name)
            values.push_back(value);
    return values;
}

std::optional<std::chrono::seconds> HttpResponse::retry_after() const {
    std::string text = header("retry-after");
    if (text.empty())
        return std::nullopt;
    auto seconds = parse_number(text);
    if (!seconds) { // a date
        time_t then = curl_getdate(text.c_str(), nullptr);
        time_t now = ::time(nullptr);
        if (then < 0)
            return std::nullopt;
        seconds = then > now ? static_cast<uint64_t>(then - now) : 0;
    }
    return std::chrono::seconds(std::min<uint64_t>(*seconds, 3600));
}

struct HttpClient::State {
    explicit State(const RegistryOptions& chosen) : options(chosen) {
        static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
        handle = ready == CURLE_OK ? curl_easy_init() : nullptr;
        if (!handle)
            throw Error("libcurl cannot be used");
    }
    ~State() { curl_easy_cleanup(handle); }

    template <class Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(handle, option, value) != CURLE_OK)
            throw Error("libcurl lacks something that is needed (option {})",
                        static_cast<int>(option));
    }

    void set_connection(const HttpRequest& request) {
        curl_easy_reset(handle); // keeps connections
        set(CURLOPT_URL, request.url.str().c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_USERAGENT, "coracle");
        set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.stall_rate));
        if (!request.take && !request.upload)
            set(CURLOPT_TIMEOUT, static_cast<long>(options.document_timeout.count()));
        set(CURLOPT_BUFFERSIZE, buffer_size);
        set(CURLOPT_UPLOAD_BUFFERSIZE, buffer_size);
        set(CURLOPT_ERRORBUFFER, error);
        if (is_loopback(request.url.host()))
            set(CURLOPT_NOPROXY, "*");
        if (request.url.secure())
            set_certificates(request.url);
        if (request.any_certificate) {
            set(CURLOPT_SSL_VERIFYPEER, 0L);
            set(CURLOPT_SSL_VERIFYHOST, 0L);
        }
    }

    void set_certificates(const Url& url) {
        HostCertificates certificates = certificates_for(url.host(), url.port());
        if (!options.ca_file.empty())
            certificates.authorities += read_file(options.ca_file);
        // The system's certificates stay trusted through libcurl's directory of them.
        if (!certificates.authorities.empty()) {
            curl_blob blob{certificates.authorities.data(), certificates.authorities.size(),
                           CURL_BLOB_COPY};
            set(CURLOPT_CAINFO_BLOB, &blob);
        }
        if (!certificates.client_certificate.empty()) {
            set(CURLOPT_SSLCERT, certificates.client_certificate.c_str());
            set(CURLOPT_SSLKEY, certificates.client_key.c_str());
        }
    }

    void set_request(const HttpRequest& request, Exchange& exchange, HeaderList& headers) {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
        if (request.method == "HEAD")
            set(CURLOPT_NOBODY, 1L);
        if (request.upload) {
            set(CURLOPT_UPLOAD, 1L);
            set(CURLOPT_READFUNCTION, &on_upload);
            set(CURLOPT_READDATA, &exchange);
            set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.upload_size));
        } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
            set(CURLOPT_POSTFIELDS, request.body.c_str());
        }
        for (const auto& [name, value] : request.headers)
            headers.add(fmt::format("{}: {}", name, value));
        headers.add("Expect:");
        set(CURLOPT_HTTPHEADER, headers.get());
        set(CURLOPT_HEADERFUNCTION, &on_header);
        set(CURLOPT_HEADERDATA, &exchange);
        set(CURLOPT_WRITEFUNCTION, &on_body);
        set(CURLOPT_WRITEDATA, &exchange);
    }

    const RegistryOptions& options;
    CURL* handle = nullptr;
    char error[CURL_ERROR_SIZE] = {};
};

HttpClient::HttpClient(const RegistryOptions& options) : state_(std::make_unique<State>(options)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

HttpResponse HttpClient::perform(const HttpRequest& request) {
    Exchange exchange{request};
    HeaderList headers;
    state_->set_connection(request);
    state_->set_request(request, exchange, headers);
    state_->error[0] = '\0';
    CURLcode code = curl_easy_perform(state_->handle);
    if (exchange.failure)
        std::rethrow_exception(exchange.failure);
    if (code != CURLE_OK) {
        std::string_view cause = state_->error[0] ? state_->error : curl_easy_strerror(code);
        throw TransportError(fmt::format("cannot reach '{}': {}", request.url.shown(), cause),
                             kind_of(code, cause));
    }
    return std::move(exchange.response);
}

} // namespace coracle
