// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "io/hash.h"
#include "rootfs/sbom.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

std::string text_at(const Json& object, const char* key) {
    auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string purl_of(const Json& package) {
    auto references = package.find("externalRefs");
    if (references != package.end() && references->is_array())
        for (const auto& reference : *references)
            if (reference.is_object() && text_at(reference, "referenceType") == "purl")
                return text_at(reference, "referenceLocator");
    return "";
}

/// A UUID of version 8 (RFC 9562, section 5.8): its bits are the hash of the document's identity.
std::string uuid_from(const std::string& identity) {
    std::string hex = sha256_hex(identity);
    hex[12] = '8';
    hex[16] = 'a';
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

Json component_of(const Json& package) {
    bool container = text_at(package, "primaryPackagePurpose") == "CONTAINER";
    Json component = {{"type", container ? "container" : "library"},
                      {"bom-ref", text_at(package, "SPDXID")},
                      {"name", text_at(package, "name")}};
    if (auto version = text_at(package, "versionInfo"); !version.empty())
        component["version"] = version;
    std::string license = text_at(package, "licenseDeclared");
    if (!license.empty() && license != "NOASSERTION" && license != "NONE")
        component["licenses"] = Json::array({{{"license", {{"name", license}}}}});
    if (auto purl = purl_of(package); !purl.empty())
        component["purl"] = purl;
    return component;
}

} // namespace

Json to_cyclonedx(const Json& spdx) {
    Json document;
    document["bomFormat"] = "CycloneDX";
    document["specVersion"] = "1.5";
    document["serialNumber"] = "urn:uuid:" + uuid_from(text_at(spdx, "documentNamespace"));
    document["version"] = 1;
    document["metadata"] = {
        {"timestamp", text_at(spdx.at("creationInfo"), "created")},
        {"tools", {{"components", Json::array({{{"type", "application"}, {"name", "coracle"}}})}}}};
    document["components"] = Json::array();
    auto packages = spdx.find("packages");
    if (packages != spdx.end())
        for (const auto& package : *packages)
            if (package.is_object())
                document["components"].push_back(component_of(package));
    return document;
}

} // namespace coracle
