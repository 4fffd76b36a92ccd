// SPDX-License-Identifier: Apache-2.0
// Any bytes as what registries and token servers answer, and as what is configured about them.
#include "check.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/endpoint.h"
#include "registry/registries_conf.h"
#include "registry/token.h"
#include "registry/url.h"

using namespace coracle;

namespace {

void challenges(std::string_view text) {
    for (const Challenge& challenge : parse_challenges(text))
        for (const auto& [name, value] : challenge.parameters)
            fuzz::check(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == name.npos,
                        "lower case");
    if (auto chosen = choose_challenge({std::string(text)}))
        fuzz::check(chosen->scheme == "basic" || chosen->parameters.contains("realm"), "a realm");
}

void token(std::string_view text) {
    auto [token, lifetime] = parse_token(text, "x");
    fuzz::check(!token.empty() && token.find_first_of("\r\n ") == token.npos, "fits a header");
    fuzz::check(lifetime.count() > 0 && lifetime.count() <= 3600, "a lifetime");
}

void configuration(std::string_view text) {
    auto nobody = [](const std::string&, const std::string&) -> std::optional<Credentials> {
        return std::nullopt;
    };
    for (const char* registry : {"docker.io", "x.io"})
        credentials_in(std::string(text), "x", registry, "a/b", nobody);
}

void registries(std::string_view text) {
    RegistriesConf conf = RegistriesConf::parse(text, "x");
    Reference image = Reference::parse("x.io/a/b:1");
    const ConfiguredRegistry* found = conf.find(image);
    if (!found)
        return;
    fuzz::check(*found->match("x.io/a/b:1") <= 10, "no more than there is");
    static_cast<void>(relocated(image, *found, found->location));
}

void url(std::string_view text) {
    Url base = Url::parse("https://a.example/b?c");
    fuzz::check(base.resolve(text).scheme().starts_with("http"), "a scheme that is known");
    Url parsed = Url::parse(text);
    fuzz::check(Url::parse(parsed.str()).same_origin(parsed), "an origin of its own");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    challenges(text);
    for (auto* parse : {&token, &configuration, &registries, &url})
        fuzz::expect_error_at_most([&] { parse(text); });
    registry_complaint(HttpResponse{.status = 400, .body = std::string(text)});
    return 0;
}
