// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "spec/spec.h"

namespace coracle {

/// The Spec as YAML or JSON, keys in the order of the reference, absent keys left out: what
/// `metadata: yaml` and `metadata: json` put into a file. parse_spec() of it gives the same Spec.
std::string to_yaml(const Spec& spec);
std::string to_json(const Spec& spec);

/// One entry as compact JSON with a fixed order of keys: part of the key that tells whether a
/// component has changed.
std::string to_json(const ImageEntry& entry);
std::string to_json(const VolumeSpec& volume);
std::string to_json(const FileSpec& file);

} // namespace coracle
