// SPDX-License-Identifier: Apache-2.0
#include "registry/upload.h"

#include <algorithm>

#include "base/text.h"
#include "registry/retry.h"

namespace coracle {

namespace {

constexpr uint64_t usual_chunk = 16 << 20;
constexpr uint64_t smallest_chunk = 64 << 10;
constexpr uint64_t largest_least_chunk = 1 << 30; ///< that a registry may ask for

/// The next bytes of a blob; at the blob's end its source is asked once more, which is when it
/// tells of damage.
class Part : public Source {
public:
    Part(Source& source, uint64_t size, bool last) : source_(source), left_(size), last_(last) {}
    size_t read(std::span<char> buffer) override {
        if (left_ == 0)
            return 0;
        size_t got = source_.read(buffer.first(std::min<uint64_t>(buffer.size(), left_)));
        if (got == 0)
            throw Error("the blob is shorter than it should be");
        left_ -= got;
        char rest = 0;
        if (left_ == 0 && last_ && source_.read({&rest, 1}) != 0)
            throw Error("the blob is longer than it should be");
        return got;
    }

private:
    Source& source_;
    uint64_t left_;
    bool last_;
};

/// "0-1023" -> 1024. Docker's registry says "0-0" where there is nothing yet.
std::optional<uint64_t> end_of(const std::string& range) {
    auto dash = range.find('-');
    if (dash == std::string::npos)
        return std::nullopt;
    auto last = parse_number(std::string_view(range).substr(dash + 1));
    if (!last || *last == UINT64_MAX)
        return std::nullopt;
    return *last == 0 ? 0 : *last + 1;
}

bool too_large(int status) { return status == 413 || status == 416 || status == 405; }

} // namespace

Upload::Upload(Endpoint& endpoint, HttpClient& client, std::string repository,
               UploadContent content)
    : endpoint_(endpoint), client_(client), repository_(std::move(repository)),
      content_(std::move(content)), chunk_(usual_chunk), least_chunk_(smallest_chunk) {}

RegistryCall Upload::call(std::string method) const {
    RegistryCall result;
    result.access = {repository_, true};
    result.method = std::move(method);
    return result;
}

Error Upload::refusal(const HttpResponse& response) const {
    std::string complaint = registry_complaint(response);
    return Error("registry '{}' answers {} to the upload of {} to '{}'{}{}", endpoint_.name(),
                 response.status, content_.descriptor.digest.str(), repository_,
                 complaint.empty() ? "" : ": ", complaint);
}

void Upload::attempt() {
    if (!session_ && !done_)
        begin();
    if (done_)
        return;
    if (!chunked_)
        send_whole();
    if (chunked_)
        send_chunks();
}

void Upload::begin() {
    offset_ = 0;
    unsure_ = false;
    source_.reset();
    if (!content_.mount_from.empty() && mount())
        return;
    if (session_)
        return;
    RegistryCall post = call("POST");
    post.path = fmt::format("{}/blobs/uploads/", repository_);
    adopt(endpoint_.call(client_, post));
}

/// True when the registry took the blob from the other repository. It may have begun an upload
/// instead.
bool Upload::mount() {
    std::string from = std::exchange(content_.mount_from, "");
    RegistryCall post = call("POST");
    post.access.mount_from = from;
    post.path = fmt::format("{}/blobs/uploads/?mount={}&from={}", repository_,
                            content_.descriptor.digest.str(), percent_encode(from));
    try {
        HttpResponse response = endpoint_.call(client_, post);
        done_ = response.status == 201;
        if (done_)
            advance_to(content_.descriptor.size);
        else if (response.status == 202)
            adopt(response);
    } catch (const TransportError&) {
        throw;
    } catch (const BusyError&) {
        throw;
    } catch (const Error& error) {
        // Who may not read the other repository can still upload.
        endpoint_.reporter().verbose(error.message());
    }
    return done_;
}

void Upload::adopt(const HttpResponse& begun) {
    std::string location = begun.header("location");
    if (begun.status != 202 || location.empty())
        throw refusal(begun);
    session_ = endpoint_.resolve(client_, location);
    auto least = parse_number(begun.header("oci-chunk-min-length"));
    if (!least || *least == 0)
        return;
    if (*least > largest_least_chunk)
        throw Error("registry '{}' wants chunks of {}", endpoint_.name(), human_size(*least));
    least_chunk_ = *least;
    chunk_ = std::max(chunk_, least_chunk_);
    chunked_ = content_.descriptor.size > least_chunk_ && !never_chunked_;
}

void Upload::advance_to(uint64_t offset) {
    offset_ = offset;
    if (offset > told_ && content_.advance)
        content_.advance(offset - told_);
    told_ = std::max(told_, offset);
}

HttpResponse Upload::send(const std::string& method, const Url& url, uint64_t size) {
    if (!source_ || position_ != offset_) {
        source_ = content_.open();
        position_ = skip(*source_, offset_);
    }
    bool last = offset_ + size == content_.descriptor.size;
    Part part(*source_, size, last);
    RegistryCall request = call(method);
    request.url = url;
    request.headers.emplace_back("Content-Type", "application/octet-stream");
    if (method == "PATCH")
        request.headers.emplace_back("Content-Range",
                                     fmt::format("{}-{}", offset_, offset_ + size - 1));
    request.upload = &part;
    request.upload_size = size;
    position_ = UINT64_MAX; // until it went well
    HttpResponse response = endpoint_.call(client_, request);
    position_ = offset_ + size;
    return response;
}

void Upload::send_whole() {
    Url url = session_->with_parameter("digest", content_.descriptor.digest.str());
    session_.reset();
    offset_ = 0;
    try {
        HttpResponse response = send("PUT", url, content_.descriptor.size);
        done_ = response.ok();
        if (done_)
            return advance_to(content_.descriptor.size);
        if (!too_large(response.status) || never_chunked_)
            throw refusal(response);
    } catch (const TransportError&) {
        // What is large enough to break off goes better in chunks; so does what is refused before
        // all of it was sent.
        chunked_ = content_.descriptor.size > smallest_chunk && !never_chunked_;
        throw;
    }
    chunked_ = true;
    begin();
}

void Upload::send_chunks() {
    if (unsure_)
        ask_how_far();
    while (offset_ < content_.descriptor.size && chunked_)
        send_chunk();
    if (chunked_)
        close();
}

void Upload::send_chunk() {
    uint64_t size = std::min(chunk_, content_.descriptor.size - offset_);
    unsure_ = true;
    HttpResponse response = send("PATCH", *session_, size);
    if (response.ok()) {
        if (!response.header("location").empty())
            session_ = endpoint_.resolve(client_, response.header("location"));
        unsure_ = false;
        uint64_t end = end_of(response.header("range")).value_or(offset_ + size);
        if (end <= offset_ || end > offset_ + size)
            throw refusal(response);
        return advance_to(end);
    }
    if (response.status == 413 && chunk_ / 2 >= least_chunk_) {
        chunk_ /= 2;
        return ask_how_far();
    }
    session_.reset();
    if (offset_ > 0)
        throw BusyError(refusal(response).message(), std::nullopt);
    // No chunks then.
    if (never_chunked_)
        throw refusal(response);
    chunked_ = false;
    never_chunked_ = true;
    throw BusyError(refusal(response).message(), std::nullopt);
}

// After a connection broke: the registry knows how much has arrived.
void Upload::ask_how_far() {
    RegistryCall get = call("GET");
    get.url = *session_;
    HttpResponse response = endpoint_.call(client_, get);
    auto end = end_of(response.header("range"));
    unsure_ = false;
    if (!response.ok() || !end || *end > content_.descriptor.size) {
        session_.reset();
        begin();
        return;
    }
    if (!response.header("location").empty())
        session_ = endpoint_.resolve(client_, response.header("location"));
    advance_to(*end);
}

void Upload::close() {
    RegistryCall put = call("PUT");
    put.url = session_->with_parameter("digest", content_.descriptor.digest.str());
    session_.reset();
    HttpResponse response = endpoint_.call(client_, put);
    if (!response.ok())
        throw refusal(response);
    done_ = true;
}

} // namespace coracle
