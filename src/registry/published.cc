// SPDX-License-Identifier: Apache-2.0
#include "registry/published.h"

#include "base/error.h"
#include "registry/repository.h"

namespace coracle {

bool is_published(const Reference& reference, const Descriptor& root,
                  const RegistryOptions& options, Reporter& reporter) {
    try {
        Place place = home_of(reference);
        Endpoint endpoint(place, options, reporter);
        Repository repository(endpoint, place.reference.repository());
        return repository.head(root.digest.str()).has_value();
    } catch (const Error& error) {
        reporter.verbose(error.message());
        return false;
    }
}

} // namespace coracle
