// SPDX-License-Identifier: Apache-2.0
#include "spec/write.h"

#include <gtest/gtest.h>

#include "spec/read.h"

using namespace coracle;

namespace {

constexpr std::string_view everything = R"(kernel:
  image: linuxkit/kernel:6.12.59
  cmdline: console=ttyS0
  tar: none
init:
  - '@pkg:init'
onboot:
  - name: dhcpcd
    image: dhcpcd:1
    timeout: 90
services:
  - name: redis
    image: redis:8
    capabilities:
      - CAP_CHOWN
    binds: []
    env:
      - "yes"
      - "1"
      - PATH=/bin
    readonly: true
    uid: 100
    gid: redis
    sysctl:
      net.core.somaxconn: "1024"
    runtime:
      bindNS:
        net: /run/netns/redis
    restart: on-failure
volumes:
  - name: data
files:
  - path: etc/motd
    contents: |
      hello
      there
    mode: "0644"
)";

std::string again(const std::string& yaml) { return to_yaml(parse_spec(yaml, "again.yml")); }

} // namespace

TEST(Write, YamlIsInTheOrderOfTheTables) {
    std::string yaml = to_yaml(parse_spec(everything, "os.yml"));
    EXPECT_EQ(yaml, R"(kernel:
  image: linuxkit/kernel:6.12.59
  cmdline: console=ttyS0
  tar: none
init:
- '@pkg:init'
onboot:
- name: dhcpcd
  image: dhcpcd:1
  timeout: 90
services:
- name: redis
  image: redis:8
  capabilities:
  - CAP_CHOWN
  binds: []
  env:
  - "yes"
  - "1"
  - PATH=/bin
  readonly: true
  uid: 100
  gid: redis
  sysctl:
    net.core.somaxconn: "1024"
  runtime:
    bindNS:
      net: /run/netns/redis
  restart: on-failure
volumes:
- name: data
files:
- path: etc/motd
  contents: |
    hello
    there
  mode: "0644"
)");
    EXPECT_EQ(again(yaml), yaml);
}

TEST(Write, JsonSaysTheSame) {
    Spec spec = parse_spec(everything, "os.yml");
    EXPECT_EQ(to_json(parse_spec(to_json(spec), "os.json")), to_json(spec));
    EXPECT_EQ(to_json(spec.volumes->at(0)), "{\"name\":\"data\"}");
    EXPECT_EQ(to_json(spec.onboot->at(0)),
              "{\"name\":\"dhcpcd\",\"image\":\"dhcpcd:1\",\"timeout\":90}");
}

TEST(Write, TextsComeBackAsTheyWere) {
    const std::string texts[] = {
        "",     " ",      "a: b", "# x",       "true",      "0x10",  "1:30", "null", "~", "- a",
        "a\nb", "\n",     "a \n", "tab\there", "'quoted'",  "\"q\"", "ünï",  "<<",   "=", "!x",
        "%y",   "a\r\nb", "{x}",  "é\n\n",     "  lead\nx", "08",    "1e3",  "\x01"};
    for (const auto& text : texts) {
        Spec spec;
        spec.files.emplace().push_back({.path = "x", .contents = text});
        Spec copy = parse_spec(to_yaml(spec), "copy.yml");
        EXPECT_EQ(copy.files->at(0).contents, text) << to_yaml(spec);
        copy = parse_spec(to_json(spec), "copy.json");
        EXPECT_EQ(copy.files->at(0).contents, text) << to_json(spec);
    }
}
