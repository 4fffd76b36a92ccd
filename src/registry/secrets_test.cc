// SPDX-License-Identifier: Apache-2.0
// attack 27: registries that try to learn credentials which are not for them.
#include <mutex>

#include <gmock/gmock.h>

#include "registry/base64.h"
#include "registry/challenge.h"
#include "registry/http.h"
#include "registry/test_pull.h"
#include "registry/token.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::reply;

/// Keeps all that is said.
class Listener : public Reporter {
public:
    void info(std::string_view text) override { add(text); }
    void verbose(std::string_view text) override { add(text); }
    void warning(std::string_view text) override { add(text); }
    uint64_t begin(std::string_view title, uint64_t) override {
        add(title);
        return 0;
    }
    void advance(uint64_t, uint64_t) override {}
    void end(uint64_t, std::string_view result) override { add(result); }
    void end_listed(uint64_t, std::string_view result, bool) override { add(result); }
    std::string heard() const { return heard_; }

private:
    void add(std::string_view text) {
        std::lock_guard lock(mutex_);
        heard_ += std::string(text) + "\n";
    }
    std::mutex mutex_;
    std::string heard_;
};

class Secrets : public test::PullTest {
protected:
    std::string bearer(const FakeRequest& request, const std::string& realm) {
        return reply(401, "",
                     fmt::format("WWW-Authenticate: Bearer realm=\"http://{}/{}\",service=s\r\n",
                                 realm.empty() ? request.headers.at("host") : realm, "token"));
    }
    static std::string given(const FakeRequest& request) {
        auto found = request.headers.find("authorization");
        return found == request.headers.end() ? "" : found->second;
    }
    TokenRequest request_for(const std::string& registry, const std::string& realm) {
        return {.registry = Url::parse(registry),
                .challenge = {"bearer", {{"realm", realm}}},
                .scope = "repository:x:pull",
                .credentials = Credentials{"me", "secret", ""}};
    }
    template <class Body>
    std::string fault(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error.message();
        }
        return "none";
    }
};

TEST_F(Secrets, AreNeverSaid) {
    std::string url;
    FakeServer storage([&](const FakeRequest& request) {
        return serve({request.method, request.path.substr(0, request.path.find('?'))});
    });
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.starts_with("/token"))
            return reply(200, "{\"token\":\"t0ken\"}");
        if (given(request) != "Bearer t0ken")
            return bearer(request, "");
        if (request.path.find("/blobs/") != std::string::npos)
            return reply(307, "",
                         fmt::format("Location: http://{}{}?signature=s1gned\r\n", storage.host(),
                                     request.path));
        return serve(request);
    });
    options.credentials = {server.host() + "=me:secret"};
    Listener listener;
    pull(store, reference(server), amd64, options, listener);
    EXPECT_THAT(listener.heard(), testing::HasSubstr("GET http://" + storage.host()));
    EXPECT_THAT(listener.heard(), testing::HasSubstr(": HTTP/1.1 200"));
    for (std::string secret :
         {std::string("secret"), base64_encode("me:secret"), std::string("t0ken"),
          std::string("s1gned"), std::string("uthorization")})
        EXPECT_THAT(listener.heard(), testing::Not(testing::HasSubstr(secret)));
}

TEST_F(Secrets, DoNotGoToATokenServerWithoutTls) {
    HttpClient client(options);
    EXPECT_EQ(fault([&] {
                  ask_for_token(client, request_for("https://r.example", "http://t.example/token"));
              }),
              "registry 'r.example' wants a token from 'http://t.example/token', which is not "
              "protected by TLS");
    EXPECT_EQ(fault([&] {
                  ask_for_token(client, request_for("https://r.example", "http://localhost:1/x"));
              }),
              "registry 'r.example' wants a token from 'http://localhost:1/x', which is on this "
              "machine");
    EXPECT_THAT(fault([&] {
                    ask_for_token(client, request_for("https://r.example", "file:///etc/passwd"));
                }),
                testing::HasSubstr("is not an http or https URL"));
}

TEST_F(Secrets, OfOneRegistryDoNotGoToAnother) {
    FakeServer server([&](const FakeRequest& request) {
        return given(request).empty() ? reply(401, "", "WWW-Authenticate: Basic realm=x\r\n")
                                      : serve(request);
    });
    options.credentials = {"127.0.0.1=me:secret", "localhost=me:secret",
                           fmt::format("localhost:{}=me:secret", server.port())};
    EXPECT_THAT(refusal(server), testing::HasSubstr("refuses access"));
    for (const FakeRequest& request : server.requests())
        EXPECT_EQ(given(request), "");
}

TEST_F(Secrets, OfTheRegistryDoNotGoToItsMirror) {
    FakeServer mirror([&](const FakeRequest& request) {
        return given(request).empty() ? reply(401, "", "WWW-Authenticate: Basic realm=x\r\n")
                                      : serve(request);
    });
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    options.mirrors = {"http://" + mirror.host()};
    options.credentials = {server.host() + "=me:secret"};
    EXPECT_EQ(refusal(server), "accepted");
    for (const FakeRequest& request : mirror.requests())
        EXPECT_EQ(given(request), "");
}

TEST_F(Secrets, AreAskedForAgainWhenATokenHasExpired) {
    int tokens = 0;
    int good = 1;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.starts_with("/token"))
            return reply(200,
                         fmt::format("{{\"access_token\":\"t{}\",\"expires_in\":300}}", ++tokens));
        if (given(request) != fmt::format("Bearer t{}", good))
            return bearer(request, "");
        std::string answer = serve(request);
        if (request.path.find("/manifests/4") != std::string::npos)
            good = 2; // the first token is worth nothing any more
        return answer;
    });
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_EQ(tokens, 2);
}

TEST_F(Secrets, AreNotMadeOfWhatIsNoToken) {
    std::string answer;
    FakeServer server([&](const FakeRequest& request) {
        return request.path.starts_with("/token") ? reply(200, answer) : bearer(request, "");
    });
    std::string where = "the answer of token server 'http://" + server.host() + "/token'";
    for (const char* text :
         {"{}", "{\"token\":\"\"}", "{\"token\":\"a\\r\\nX-Evil: 1\"}", "{\"token\":\"a b\"}"}) {
        answer = text;
        EXPECT_EQ(refusal(server), where + " has no token") << text;
    }
    for (const char* text : {"<html></html>", "[]", "{\"token\":3}", ""}) {
        answer = text;
        EXPECT_THAT(refusal(server), testing::HasSubstr(where)) << text;
    }
    answer = std::string(1 << 20, ' ');
    EXPECT_THAT(refusal(server), testing::HasSubstr("sends more than 256.0 KiB"));
}

TEST_F(Secrets, ThatAreRefusedAreNamedWithWhereTheyAreFrom) {
    FakeServer server([&](const FakeRequest& request) {
        return request.path.starts_with("/token") ? reply(401) : bearer(request, "");
    });
    make_directories(temporary / ".docker");
    write_file(temporary / ".docker/config.json",
               fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})", server.host(),
                           base64_encode("me:wrong")));
    try {
        pull_from(server);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "token server 'http://" + server.host() + "/token' answers 401");
        EXPECT_EQ(error.hint(), "check the image's name, or docker login " + server.host() +
                                    " (user 'me' is from " + (temporary / ".docker/config.json") +
                                    ")");
    }
}

} // namespace
} // namespace coracle
