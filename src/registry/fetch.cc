// SPDX-License-Identifier: Apache-2.0
#include "registry/fetch.h"

#include "registry/http.h"

namespace coracle {

std::string fetch_text(const std::string& url, const RegistryOptions& options, uint64_t limit) {
    constexpr int most_redirects = 5;
    HttpClient client(options);
    HttpRequest request;
    request.url = Url::parse(url);
    request.limit = limit;
    for (int redirects = 0;; ++redirects) {
        HttpResponse response = client.perform(request);
        std::string location = response.header("location");
        if (response.status / 100 != 3 || location.empty()) {
            if (response.status != 200)
                throw Error("'{}' answers with status {}", request.url.shown(), response.status);
            return std::move(response.body);
        }
        if (redirects == most_redirects)
            throw Error("'{}' redirects more than {} times", Url::parse(url).shown(),
                        most_redirects);
        Url next = request.url.resolve(location);
        if (request.url.secure() && !next.secure())
            throw Error("'{}' redirects to '{}', which is not secure", request.url.shown(),
                        next.shown());
        request.url = next;
    }
}

} // namespace coracle
