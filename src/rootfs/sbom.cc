// SPDX-License-Identifier: Apache-2.0
#include "rootfs/sbom.h"

#include <ctime>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/hash.h"
#include "rootfs/image_rules.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* document_id = "SPDXRef-DOCUMENT";
constexpr const char* spdx_predicate = "https://spdx.dev/Document";

std::string rfc3339(int64_t time) {
    auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void put_prefix(Json& object, const char* key, const TreePath& directory) {
    auto found = object.find(key);
    if (found == object.end() || !found->is_string() || directory.is_root())
        return;
    TreePath path(found->get<std::string>());
    *found = (directory / path).str();
}

/// Adds one document's packages, files and relationships.
void add_document(Json& joined, const Json& document, const TreePath& directory) {
    for (const char* section : {"packages", "files", "relationships"}) {
        auto found = document.find(section);
        if (found == document.end() || !found->is_array())
            continue;
        for (Json element : *found) {
            put_prefix(element, "packageFileName", directory);
            put_prefix(element, "fileName", directory);
            joined[section].push_back(std::move(element));
        }
    }
}

} // namespace

std::string join_sboms(const Store& store, const std::vector<SbomImage>& images,
                       const SbomOptions& options) {
    Json joined;
    joined["spdxVersion"] = "SPDX-2.3";
    joined["dataLicense"] = "CC0-1.0";
    joined["SPDXID"] = document_id;
    joined["name"] = "sbom";
    joined["documentNamespace"] = "";
    joined["creationInfo"] = {{"licenseListVersion", "3.20"},
                              {"creators", {"Organization: Coracle", "Tool: coracle"}},
                              {"created", options.created.empty() ? rfc3339(options.time)
                                                                  : options.created}};
    KeyBuilder identity("sbom");
    for (const auto& [image, directory] : images) {
        identity.add(image->descriptor.digest.str()).add(directory.str());
        for (const auto& attestation : attestations_of(store, *image)) {
            if (attestation.predicate_type != spdx_predicate)
                continue;
            auto statement =
                Json::parse(store.read_document(attestation.statement), nullptr, false);
            if (statement.is_object() && statement.contains("predicate"))
                add_document(joined, statement["predicate"], directory);
        }
    }
    joined["documentNamespace"] = "https://coracle.invalid/sbom/" + identity.hex();
    return joined.dump() + "\n";
}

SbomComponent::SbomComponent(const Store& store, const std::vector<SbomImage>& images,
                             const SbomOptions& options)
    : Component("sbom", "SBOM"), document_(join_sboms(store, images, options)), options_(options) {
    KeyBuilder key("sbom");
    key.add(document_).add(options.name).add(static_cast<uint64_t>(options.time));
    set_key(key.hex());
}

void SbomComponent::emit(EntrySink& sink) const {
    sink.add(file_entry(TreePath(options_.name), document_.size(), options_.time), document_);
}

} // namespace coracle
