// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "registry/fake_server.h"
#include "registry/pull.h"
#include "store/test_images.h"

namespace coracle::test {

/// A registry that serves what is in a store, and may be told to misbehave.
class PullTest : public testing::Test {
protected:
    explicit PullTest(std::string content = std::string(300'000, 'x')) : layer(std::move(content)) {
        ::setenv("HOME", temporary.path().c_str(), 1);
        for (const char* name :
             {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"})
            ::unsetenv(name);
        options.retry = {.attempts = 3, .first_delay = std::chrono::milliseconds(1)};
    }

    std::string serve(const FakeRequest& request) {
        if (request.path == "/v2/")
            return reply(200);
        auto slash = request.path.rfind('/');
        std::string last = request.path.substr(slash + 1);
        std::optional<Descriptor> wanted;
        if (auto digest = Digest::try_parse(last); digest && remote.has(*digest))
            wanted = Descriptor{"", *digest, *remote.size_of(*digest)};
        else
            wanted = remote.find(Reference::parse("x/redis:" + last.substr(0, 128)));
        if (!wanted)
            return reply(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}");
        return reply(200, read_file(remote.path_of(wanted->digest)),
                     "Content-Type: " + type + "\r\n");
    }
    Reference reference(const FakeServer& server, const std::string& suffix = ":4") {
        return Reference::parse(server.host() + "/x/redis" + suffix);
    }
    ResolvedImage pull_from(const FakeServer& server, const std::string& suffix = ":4") {
        return pull(store, reference(server, suffix), amd64, options, silent_reporter());
    }
    std::string refusal(const FakeServer& server, const std::string& suffix = ":4") {
        try {
            pull_from(server, suffix);
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }
    /// Serves the layer from where a Range header asks on, as far as byte `end`.
    std::string serve_range(const FakeRequest& request, size_t end = SIZE_MAX) {
        auto range = request.headers.find("range");
        size_t from = 0;
        if (range != request.headers.end())
            from = *parse_number(range->second.substr(6, range->second.size() - 7));
        std::string answer = from == 0 ? reply(200, layer)
                                       : reply(206, layer.substr(from),
                                               fmt::format("Content-Range: bytes {}-{}/{}\r\n",
                                                           from, layer.size() - 1, layer.size()));
        size_t lacking = layer.size() - std::min(end, layer.size());
        return answer.substr(0, answer.size() - lacking);
    }
    static int count(const FakeServer& server, const std::string& part) {
        int found = 0;
        for (const FakeRequest& request : server.requests())
            found += request.path.find(part) != std::string::npos;
        return found;
    }

    TempDir temporary;
    Store remote{temporary / "remote"};
    Store store{temporary / "cache"};
    RegistryOptions options;
    std::string type = "application/octet-stream";
    Platform amd64 = Platform::parse("amd64");
    std::string layer;
    std::string layer_digest = Digest::of(layer).str();
    Descriptor one = put_image(remote, "linux/amd64", {layer, "second"});
    Descriptor two = put_image(remote, "linux/arm64", {"arm"});
    Descriptor root = put_index(remote, {one, two});
    bool tagged = (remote.tag(Reference::parse("x/redis:4"), root), true);
};

} // namespace coracle::test
