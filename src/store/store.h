// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "io/source.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/blob_writer.h"

namespace coracle {

/// What garbage collection removed.
struct Swept {
    uint64_t blobs = 0;
    uint64_t bytes = 0;
};

/// The image cache: an OCI image layout on disk, which other tools can read too. Names stand in
/// index.json in their full form ("docker.io/library/redis:4") and mostly point to an index, of
/// which not every platform need be present.
///
/// Many processes may use one store at once. Blobs appear whole and verified or not at all;
/// index.json is replaced under a lock; readers need none. Who puts blobs and names them later, or
/// reads an image over some time, holds a Session meanwhile, so that collect() of another process
/// takes nothing away.
class Store {
public:
    /// Keeps collect() of any process (this one too!) waiting until it is destroyed.
    class Session {
    private:
        friend class Store;
        std::optional<FileLock> lock_;
    };

    /// Opens the store in `directory`, which is made if absent and `create`. Nothing is written to
    /// a store that exists. Throws when the directory is not an OCI layout.
    explicit Store(std::string directory, bool create = true);

    const std::string& directory() const { return directory_; }

    /// In a directory that cannot be written the session is an empty one.
    [[nodiscard]] Session session() const;

    /// The root (an index or a manifest) of a name. With a digest, whatever has that digest here.
    std::optional<Descriptor> find(const Reference& reference) const;
    /// All names with their roots, in the order of index.json.
    std::vector<std::pair<std::string, Descriptor>> names() const;

    bool has(const Digest& digest) const;
    /// True when the blob is there with the right size (its content is not read).
    bool has(const Descriptor& descriptor) const;
    /// Where the blob is or would be.
    std::string path_of(const Digest& digest) const;
    /// The size of a blob that is there.
    std::optional<uint64_t> size_of(const Digest& digest) const;
    /// All blobs that are there.
    std::vector<Digest> blobs() const;

    /// A blob. Throws when it is absent (with a hint); reading it to its end throws when it is
    /// damaged.
    std::unique_ptr<Source> read(const Descriptor& descriptor) const;
    /// A small document (JSON), verified. Throws as read() does, and when larger than 4 MiB.
    std::string read_document(const Descriptor& descriptor) const;

    /// Stores a content at hand.
    Descriptor put(std::string_view content, std::string media_type);
    /// Stores a content as it is written.
    BlobWriter write(HashAlgorithm algorithm = HashAlgorithm::sha256);

    /// Makes `reference` mean `root`; replaces what it meant.
    void tag(const Reference& reference, const Descriptor& root);
    /// Makes `manifest` what `reference` means for a platform; other platforms stay. The name's
    /// index is written anew; attestations of a replaced manifest go.
    /// Returns the new root.
    Descriptor tag_platform(const Reference& reference, const Platform& platform,
                            const Descriptor& manifest);
    /// Forgets a name as names() gives it; false when there was none. Its blobs stay until
    /// collect().
    bool untag(const std::string& name);
    /// Forgets all names.
    void clear();

    /// True for a name that is to be forgotten.
    using Forget = std::function<bool(const std::string& name)>;
    /// Forgets names, then removes the blobs that no name reaches, and what dead processes left.
    /// Waits until no session is held; `wait` false: nullopt instead.
    std::optional<Swept> collect(bool wait = true, const Forget& forget = nullptr);
    /// Removes a damaged blob, whoever uses it.
    void drop(const Digest& digest);

private:
    void prepare_writing() const;
    std::vector<Descriptor> roots() const;
    std::optional<Descriptor> find_unnamed(const Digest& digest) const;
    Index with_platform(const std::optional<Descriptor>& root, const Platform& platform,
                        const Descriptor& manifest) const;

    std::string directory_;
};

/// $LINUXKIT_CACHE, else ~/.linuxkit/cache.
std::string default_store_directory();

} // namespace coracle
