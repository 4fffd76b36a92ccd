// SPDX-License-Identifier: Apache-2.0
#include "registry/push.h"

#include <map>

#include "base/error.h"
#include "base/guarded.h"
#include "io/file_io.h"
#include "oci/media_types.h"
#include "registry/blob_workers.h"
#include "registry/repository.h"
#include "store/reachable.h"
#include "store/resolve.h"

namespace coracle {

namespace {

/// One image on its way to one registry.
class Push {
public:
    Push(Store& store, const Reference& local, const PushOptions& options, Endpoint& endpoint,
         std::string repository)
        : store_(store), local_(local), remote_(options.remote.value_or(local)), options_(options),
          endpoint_(endpoint), repository_(endpoint, repository), name_(std::move(repository)) {}

    std::vector<Pushed> run() {
        Descriptor root = choose_root();
        auto tag = remote_.tag_or_latest();
        std::string target = tag ? *tag : root.digest.str();
        if (tag && !options_.replace)
            repository_.check_free(remote_.with_tag(*tag), root);
        auto contents = reachable(store_, {root});
        send_blobs(contents);
        send_documents(root, contents);
        std::vector<Pushed> result;
        if (tag && options_.with_arch_tags)
            result = tag_architectures(*tag, root);
        put(target, root);
        result.push_back(
            {tag ? remote_.with_tag(*tag).full() : remote_.with_digest(root.digest).full(),
             root.digest});
        return result;
    }

private:
    /// What is pushed: the root that the name has here, or an index of what is here of it.
    Descriptor choose_root() {
        auto root = store_.find(local_);
        if (!root)
            throw Error("image '{}' is not in the cache '{}'", local_.familiar(),
                        store_.directory());
        if (options_.platform)
            return resolve(store_, local_, *options_.platform).descriptor;
        auto platforms = platforms_of(store_, *root, true);
        if (platforms.empty())
            throw Error("image '{}' has no platform in the cache", local_.familiar());
        for (const Platform& platform : platforms)
            resolve(store_, local_, platform);
        if (!media_type::is_index(root->media_type))
            return *root;
        return present_part(*root);
    }

    Descriptor present_part(const Descriptor& root) {
        Index index = Index::parse(store_.read_document(root), "index of " + local_.familiar());
        size_t all = index.manifests.size();
        std::erase_if(index.manifests, [&](const Descriptor& entry) { return !is_whole(entry); });
        if (index.manifests.size() == all)
            return root;
        return store_.put(index.str(), index.media_type);
    }

    bool is_whole(const Descriptor& entry) {
        for (const auto& [digest, descriptor] : reachable(store_, {entry}))
            if (!store_.has(descriptor))
                return false;
        return true;
    }

    void send_blobs(const std::map<Digest, Descriptor>& contents) {
        std::vector<Descriptor> blobs;
        for (const auto& [digest, descriptor] : contents)
            if (!is_document(descriptor))
                blobs.push_back(descriptor);
        for_each_blob(
            endpoint_, name_, std::move(blobs),
            [&](Repository& repository, const Descriptor& blob,
                const std::function<void()>& check) { send_blob(repository, blob, check); });
    }

    void send_blob(Repository& repository, const Descriptor& blob,
                   const std::function<void()>& check) {
        if (repository.has_blob(blob))
            return;
        Task task(endpoint_.reporter(),
                  fmt::format("{} {}", remote_.familiar(), blob.digest.short_hex()), blob.size);
        // The registry compares what it gets with the digest, so that this need not be done twice.
        UploadContent content{
            .descriptor = blob,
            .open = [&] { return std::make_unique<FileSource>(store_.path_of(blob.digest)); },
            .advance =
                [&](uint64_t bytes) {
                    check();
                    task.advance(bytes);
                },
            .mount_from = other_home(blob.digest)};
        try {
            repository.write_blob(std::move(content));
        } catch (const TransportError&) {
            throw;
        } catch (const Error&) {
            skip(*store_.read(blob)); // which throws when the fault is ours
            throw;
        }
    }

    /// A repository of the same registry that an image here with the same blob has come from or
    /// gone to; "" when there is none.
    std::string other_home(const Digest& digest) {
        return homes_.with([&](std::optional<Homes>& homes) {
            if (!homes)
                homes = find_homes();
            auto found = homes->find(digest);
            return found == homes->end() ? "" : found->second;
        });
    }

    std::map<Digest, std::string> find_homes() {
        std::map<Digest, std::string> homes;
        for (const auto& [name, root] : store_.names()) {
            Reference reference = Reference::parse(name);
            if (reference.registry() != remote_.registry() || reference.repository() == name_)
                continue;
            for (const auto& [digest, descriptor] : reachable(store_, {root}))
                homes.emplace(digest, reference.repository());
        }
        return homes;
    }

    /// Registries want what a document points to before the document.
    void send_documents(const Descriptor& document, const std::map<Digest, Descriptor>& contents) {
        for (const Descriptor& child : children_of(store_, document))
            if (is_document(child) && contents.contains(child.digest)) {
                send_documents(child, contents);
                put(child.digest.str(), child);
            }
    }

    void put(const std::string& tag_or_digest, const Descriptor& document) {
        repository_.write_document(tag_or_digest, document.media_type,
                                   store_.read_document(document));
    }

    std::vector<Pushed> tag_architectures(const std::string& tag, const Descriptor& root) {
        std::vector<Pushed> result;
        for (const Platform& platform : platforms_of(store_, root, true)) {
            auto selection = select_platform(store_, local_.familiar(), root, platform);
            std::string name = fmt::format("{}-{}{}", tag, platform.architecture, platform.variant);
            put(name, *selection.manifest);
            result.push_back({remote_.with_tag(name).full(), selection.manifest->digest});
        }
        return result;
    }

    static bool is_document(const Descriptor& descriptor) {
        return media_type::is_index(descriptor.media_type) ||
               media_type::is_manifest(descriptor.media_type);
    }

    Store& store_;
    const Reference& local_;
    Reference remote_;
    const PushOptions& options_;
    using Homes = std::map<Digest, std::string>;

    Endpoint& endpoint_;
    Repository repository_;
    std::string name_; ///< of the repository
    Guarded<std::optional<Homes>> homes_;
};

} // namespace

std::vector<Pushed> push(Store& store, const Reference& reference, const PushOptions& push_options,
                         const RegistryOptions& options, Reporter& reporter) {
    auto session = store.session();
    const Reference& remote = push_options.remote ? *push_options.remote : reference;
    Place place = home_of(remote);
    Endpoint endpoint(place, options, reporter);
    return within([&] { return fmt::format("while pushing '{}'", remote.familiar()); },
                  [&] {
                      return Push(store, reference, push_options, endpoint,
                                  place.reference.repository())
                          .run();
                  });
}

} // namespace coracle
