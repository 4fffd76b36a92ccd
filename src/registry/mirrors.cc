// SPDX-License-Identifier: Apache-2.0
#include "registry/mirrors.h"

#include "base/error.h"
#include "registry/url.h"

namespace coracle {

namespace {

std::string checked(const std::string& url, const std::string& text) {
    try {
        return Url::parse(url).str();
    } catch (const Error&) {
        throw UsageError("mirror '{}' is not written [REGISTRY=]URL", text);
    }
}

} // namespace

std::vector<std::string> mirrors_of(const std::string& registry, const RegistryOptions& options) {
    std::vector<std::string> result;
    for (const std::string& text : options.mirrors) {
        auto equals = text.find('=');
        auto colon = text.find("://");
        bool named = equals != std::string::npos && equals < colon;
        std::string url = checked(named ? text.substr(equals + 1) : text, text);
        if (!named || text.substr(0, equals) == registry)
            result.push_back(url);
    }
    return result;
}

} // namespace coracle
