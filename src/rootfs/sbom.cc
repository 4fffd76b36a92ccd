// SPDX-License-Identifier: Apache-2.0
#include "rootfs/sbom.h"

#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/rfc3339.h"
#include "io/hash.h"
#include "oci/json.h"
#include "rootfs/image_rules.h"
#include "rootfs/images.h"
#include "rootfs/key.h"
#include "rootfs/package_database.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* document_id = "SPDXRef-DOCUMENT";
constexpr const char* spdx_predicate = "https://spdx.dev/Document";

/// Joins documents one by one.
class Joiner {
public:
    explicit Joiner(Json& joined) : joined_(joined) {}

    /// `digest` tells the document's identifiers from equal ones of others.
    void add(const Json& document, const TreePath& directory, const Digest& digest) {
        renamed_.clear();
        for (const char* section : {"packages", "files", "snippets"})
            for (const auto& element : elements(document, section))
                claim(element, digest);
        for (const char* section :
             {"packages", "files", "snippets", "relationships", "hasExtractedLicensingInfos"})
            for (Json element : elements(document, section)) {
                rename(element);
                put_below(element, "packageFileName", directory);
                put_below(element, "fileName", directory);
                joined_[section].push_back(std::move(element));
            }
    }

private:
    static const Json& elements(const Json& document, const char* section) {
        static const Json none = Json::array();
        auto found = document.find(section);
        return found != document.end() && found->is_array() ? *found : none;
    }

    void claim(const Json& element, const Digest& digest) {
        auto found = element.is_object() ? element.find("SPDXID") : element.end();
        if (!element.is_object() || found == element.end() || !found->is_string())
            return;
        auto id = found->get<std::string>();
        if (!taken_.insert(id).second) {
            std::string other = id + "-" + digest.short_hex();
            for (int i = 2; !taken_.insert(other).second; ++i)
                other = fmt::format("{}-{}-{}", id, digest.short_hex(), i);
            renamed_[id] = other;
        }
    }

    void rename(Json& element) const {
        if (!element.is_object())
            return;
        for (const char* key : {"SPDXID", "spdxElementId", "relatedSpdxElement"}) {
            auto found = element.find(key);
            if (found == element.end() || !found->is_string())
                continue;
            auto other = renamed_.find(found->get<std::string>());
            if (other != renamed_.end())
                *found = other->second;
        }
    }

    static void put_below(Json& object, const char* key, const TreePath& directory) {
        auto found = object.is_object() ? object.find(key) : object.end();
        if (!object.is_object() || found == object.end() || !found->is_string())
            return;
        auto name = found->get<std::string>();
        if (name.find("..") == std::string::npos && name.find('\0') == std::string::npos)
            *found = (directory / TreePath(name)).str();
    }

    Json& joined_;
    std::set<std::string> taken_ = {document_id};
    std::map<std::string, std::string> renamed_;
};

std::string spdx_id(std::string_view kind, const std::string& identity) {
    return fmt::format("SPDXRef-{}-{}", kind, sha256_hex(identity).substr(0, 20));
}

Json relationship(const std::string& from, const char* type, const std::string& to) {
    return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

Json package_of(const InstalledPackage& package, const std::string& id) {
    std::string license = package.license.empty() ? "NOASSERTION" : package.license;
    Json json = {{"name", package.name},
                 {"SPDXID", id},
                 {"versionInfo", package.version},
                 {"downloadLocation", "NOASSERTION"},
                 {"filesAnalyzed", false},
                 {"licenseConcluded", "NOASSERTION"},
                 {"licenseDeclared", license},
                 {"externalRefs", Json::array({{{"referenceCategory", "PACKAGE-MANAGER"},
                                                {"referenceType", "purl"},
                                                {"referenceLocator", package.purl()}}})}};
    if (!package.origin.empty())
        json["sourceInfo"] = "built from " + package.origin;
    return json;
}

/// What an image's package database says, as a document of its own.
Json document_from_packages(const Store& store, const ResolvedImage& image,
                            const SbomOptions& options) {
    Json document;
    std::string digest = image.descriptor.digest.str();
    std::string image_id = spdx_id("Image", digest);
    document["packages"].push_back({{"name", source_name(image.reference)},
                                    {"SPDXID", image_id},
                                    {"versionInfo", digest},
                                    {"downloadLocation", "NOASSERTION"},
                                    {"filesAnalyzed", false},
                                    {"primaryPackagePurpose", "CONTAINER"}});
    document["relationships"].push_back(relationship(document_id, "DESCRIBES", image_id));
    PackageNotes own;
    auto packages = installed_packages(store, image.manifest.layers, options.reading,
                                       options.notes != nullptr ? *options.notes : own);
    for (const auto& package : packages) {
        std::string id = spdx_id("Package", digest + package.purl());
        document["packages"].push_back(package_of(package, id));
        document["relationships"].push_back(relationship(image_id, "CONTAINS", id));
    }
    return document;
}

/// As document_from_packages(), which reads all of the image, unless it was made before.
Json remembered_document(const Store& store, const ResolvedImage& image,
                         const SbomOptions& options) {
    auto make = [&] {
        return document_from_packages(store, image, options)
            .dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    if (!options.remember)
        return Json::parse(make());
    KeyBuilder key("packages of an image");
    key.add(image.descriptor.digest.str()).add(source_name(image.reference));
    return Json::parse(options.remember(key.hex(), make));
}

/// The SPDX documents attached to an image.
std::vector<Json> attached_documents(const Store& store, const ResolvedImage& image) {
    std::vector<Json> documents;
    for (const auto& attestation : attestations_of(store, image)) {
        if (attestation.predicate_type != spdx_predicate)
            continue;
        constexpr JsonLimits limits{.bytes = 64 << 20};
        auto source = store.read(attestation.statement);
        auto statement = parse_json_in_order(
            read_all(*source, limits.bytes),
            "the SPDX attestation of image " + source_name(image.reference), limits);
        if (!statement.is_object() || !statement.contains("predicate"))
            throw Error("the SPDX attestation of image {} is not an in-toto statement",
                        source_name(image.reference));
        documents.push_back(std::move(statement["predicate"]));
    }
    return documents;
}

} // namespace

Json join_sboms(const Store& store, const std::vector<SbomImage>& images,
                const SbomOptions& options) {
    std::string created = options.created.empty() ? rfc3339(options.time) : options.created;
    KeyBuilder identity("sbom");
    for (const auto& [image, directory] : images)
        identity.add(image->descriptor.digest.str()).add(directory.str());
    Json joined;
    joined["spdxVersion"] = "SPDX-2.3";
    joined["dataLicense"] = "CC0-1.0";
    joined["SPDXID"] = document_id;
    joined["name"] = "sbom";
    joined["documentNamespace"] = "https://coracle.invalid/sbom/" + identity.hex();
    joined["creationInfo"] = {{"creators", {"Organization: Coracle", "Tool: coracle"}},
                              {"created", created}};
    Joiner joiner(joined);
    for (const auto& [image, directory] : images) {
        auto documents = attached_documents(store, *image);
        if (documents.empty())
            documents.push_back(remembered_document(store, *image, options));
        for (const auto& document : documents)
            joiner.add(document, directory, image->descriptor.digest);
    }
    return joined;
}

SbomComponent::SbomComponent(const Store& store, std::vector<SbomImage> images, SbomOptions options)
    : Component("sbom", "SBOM"), store_(store), images_(std::move(images)),
      options_(std::move(options)) {
    KeyBuilder key("sbom");
    key.add(options_.name).add(static_cast<uint64_t>(options_.time)).add(options_.created);
    key.add(static_cast<uint64_t>(options_.format));
    for (const auto& [image, directory] : images_) {
        key.add(source_name(image->reference)).add(image->descriptor.digest.str());
        key.add(directory.str());
        for (const auto& attestation : image->attestations)
            key.add(attestation.digest.str());
    }
    set_key(key.hex());
}

void SbomComponent::emit(EntrySink& sink) const {
    Json document = join_sboms(store_, images_, options_);
    if (options_.format == SbomFormat::cyclonedx)
        document = to_cyclonedx(document);
    // Package databases need not be UTF-8.
    std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    sink.add(file_entry(TreePath(options_.name), text.size(), options_.time), text);
}

} // namespace coracle
