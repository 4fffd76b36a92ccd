// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "rootfs/bundle.h"
#include "rootfs/images.h"

namespace coracle {

/// A volume that holds an image as an OCI layout, for a runtime in the built system to use: the
/// root document and all that belongs to the chosen platforms.
class OciVolume : public Component {
public:
    /// Takes the platforms from the volume, else the one that is built for. Throws when the store
    /// lacks one of them.
    OciVolume(Images& images, const VolumeSpec& volume, BundleParts parts, int64_t time);
    void emit(EntrySink& sink) const override;

    const TreePath& directory() const { return parts_.directory; }
    const PaxList& provenance() const { return provenance_; }

private:
    void add_blob(const Descriptor& descriptor);

    const Store& store_;
    BundleParts parts_;
    std::string index_;
    std::vector<Descriptor> blobs_;
    PaxList provenance_;
    PaxList directories_provenance_;
};

} // namespace coracle
