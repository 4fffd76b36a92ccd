// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// The reference of the YAML file in Markdown: every section and key, from the tables.
std::string reference_page();

/// The JSON schema (draft 2020-12) of the YAML file, from the tables, for editors.
std::string json_schema();

} // namespace coracle
