// SPDX-License-Identifier: Apache-2.0
#include "rootfs/container_config.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "spec/read.h"

using namespace coracle;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

struct Made {
    json config, runtime;
    ContainerConfig summary;
};

ImageDefaults labelled(const std::string& label) {
    return {.cmd = {"/bin/run"}, .labels = {{"org.mobyproject.config", label}}};
}

// The one service of a Spec, which has these keys.
Made make(const std::string& keys, const ImageDefaults& image = {.cmd = {"/bin/run"}},
          const std::string& files = "") {
    Spec spec = parse_spec("onboot: [{name: first, image: i}]\n"
                           "services: [{name: s, image: \"i:1\"" +
                               (keys.empty() ? "" : ", " + keys) +
                               "}]\nvolumes: [{name: data}, {name: conf, readonly: true}]\n",
                           "os.yml");
    IdMap ids = make_ids(spec);
    VolumeMap volumes = make_volumes(spec);
    Made made;
    made.summary = make_container_config({.entry = spec.services->at(0),
                                          .image = image,
                                          .ids = ids,
                                          .volumes = volumes,
                                          .layout = {"/containers/services/s", files},
                                          .sources = &spec.sources});
    made.config = json::parse(made.summary.config_json);
    made.runtime = json::parse(made.summary.runtime_json);
    return made;
}

std::string fault(const std::string& keys, const ImageDefaults& image = {}) {
    try {
        make(keys, image);
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

json mount_at(const json& config, const std::string& destination) {
    for (const auto& mount : config["mounts"])
        if (mount["destination"] == destination)
            return mount;
    return {};
}

std::vector<std::string> namespaces(const std::string& keys) {
    std::vector<std::string> result;
    json config = make(keys).config;
    for (const auto& one : config["linux"]["namespaces"])
        result.push_back(one["type"].get<std::string>() +
                         (one.contains("path") ? "=" + one["path"].get<std::string>() : ""));
    return result;
}

} // namespace

TEST(ContainerConfig, TakesProgramEnvironmentAndDirectoryFromTheImage) {
    ImageDefaults image{.entrypoint = {"/bin/tool"},
                        .cmd = {"a"},
                        .env = {"A=1"},
                        .working_dir = "/var",
                        .user = "1000"};
    json process = make("", image).config["process"];
    EXPECT_EQ(process["args"], json::array({"/bin/tool", "a"}));
    EXPECT_EQ(process["env"], json::array({"A=1"}));
    EXPECT_EQ(process["cwd"], "/var");
    EXPECT_EQ(process["user"], json({{"uid", 0}, {"gid", 0}}));
    EXPECT_EQ(process["terminal"], false);
    process = make("command: [x], env: [], cwd: /y", image).config["process"];
    EXPECT_EQ(process["args"], json::array({"x"}));
    EXPECT_FALSE(process.contains("env"));
    EXPECT_EQ(process["cwd"], "/y");
}

TEST(ContainerConfig, WarnsWhenThereIsNothingToRun) {
    EXPECT_THAT(make("", {}).summary.warnings,
                ElementsAre("'s' has nothing to run: neither it nor its image has a command"));
    EXPECT_THAT(make("").summary.warnings, IsEmpty());
}

TEST(ContainerConfig, WarnsOfAHostNameInTheSystemsNamespace) {
    EXPECT_THAT(make("hostname: oak").summary.warnings,
                ElementsAre("'s' cannot have the host name 'oak' without 'uts: new'"));
    EXPECT_THAT(make("hostname: oak, uts: new").summary.warnings, IsEmpty());
}

TEST(ContainerConfig, DefaultMountsAreSortedAndFollowReadonly) {
    json config = make("").config;
    std::vector<std::string> places;
    for (const auto& mount : config["mounts"])
        places.push_back(mount["destination"]);
    EXPECT_THAT(places, ElementsAre("/dev", "/dev/pts", "/proc", "/sys", "/sys/fs/cgroup"));
    EXPECT_EQ(mount_at(config, "/dev")["options"],
              json::array({"nosuid", "strictatime", "mode=755", "size=65536k"}));
    config = make("readonly: true").config;
    EXPECT_EQ(mount_at(config, "/dev")["options"].back(), "ro");
    EXPECT_EQ(mount_at(config, "/sys")["options"].back(), "ro");
    EXPECT_EQ(config["root"], json({{"path", "rootfs"}, {"readonly", true}}));
}

TEST(ContainerConfig, LaterMountsReplaceEarlierOnes) {
    json config = make("tmpfs: [\"/x:size=1m\", /run], binds: [\"/a:/x\"], mounts: [{type: cgroup, "
                       "options: [rw]}]")
                      .config;
    EXPECT_EQ(mount_at(config, "/x"), json({{"destination", "/x"},
                                            {"type", "bind"},
                                            {"source", "/a"},
                                            {"options", {"rw", "rbind", "rshared"}}}));
    EXPECT_EQ(mount_at(config, "/run"),
              json({{"destination", "/run"}, {"type", "tmpfs"}, {"source", "tmpfs"}}));
    EXPECT_EQ(mount_at(config, "/sys/fs/cgroup")["options"], json::array({"rw"}));
}

TEST(ContainerConfig, VolumesBecomeTheirMergedDirectory) {
    json config = make("binds: [\"data:/a\", \"conf:/b:ro\"], mounts: [{type: bind, source: data, "
                       "destination: /c}]")
                      .config;
    for (auto place : {"/a", "/c"})
        EXPECT_EQ(mount_at(config, place)["source"], "/containers/volumes/data/merged");
    EXPECT_EQ(mount_at(config, "/b")["options"], json::array({"ro", "rbind"}));
    EXPECT_EQ(fault("binds: [\"conf:/b\"]"),
              "os.yml:2:44: error: volume 'conf' is read-only, but 's' mounts it writable\n"
              "    2 | services: [{name: s, image: \"i:1\", binds: [\"conf:/b\"]}]\n"
              "      |                                            ^~~~~~~~~\n"
              "add the option ro");
    EXPECT_EQ(fault("", labelled("binds: [\"dta:/b\"]")),
              "os.yml:2:29: error: there is no volume 'dta' for 's' (by the label of i:1)\n"
              "    2 | services: [{name: s, image: \"i:1\"}]\n"
              "      |                             ^~~~~\n"
              "did you mean 'data'?");
}

TEST(ContainerConfig, Namespaces) {
    EXPECT_THAT(namespaces(""), ElementsAre("pid", "mount"));
    EXPECT_THAT(namespaces("pid: host, net: host, ipc: root"), ElementsAre("mount"));
    EXPECT_THAT(namespaces("net: none, ipc: new, uts: new, pid: new, userns: new"),
                ElementsAre("network", "ipc", "uts", "pid", "user", "mount"));
    EXPECT_THAT(namespaces("net: /run/netns/a, ipc: none"),
                ElementsAre("network=/run/netns/a", "ipc=none", "pid", "mount"));
}

TEST(ContainerConfig, CapabilitiesAreNoneUnlessAskedFor) {
    EXPECT_EQ(make("").config["process"]["capabilities"], json::object());
    json caps = make("capabilities: [CAP_SYS_TIME, CAP_CHOWN], ambient: [CAP_KILL]")
                    .config["process"]["capabilities"];
    EXPECT_EQ(caps["effective"], json::array({"CAP_SYS_TIME", "CAP_CHOWN"}));
    EXPECT_EQ(caps["ambient"], json::array({"CAP_KILL"}));
    for (auto set : {"bounding", "permitted", "inheritable"})
        EXPECT_EQ(caps[set], json::array({"CAP_CHOWN", "CAP_KILL", "CAP_SYS_TIME"})) << set;
    EXPECT_EQ(make("capabilities: [all]").summary.capabilities.size(), 41u);
    EXPECT_EQ(make("capabilities: [None]").summary.capabilities.size(), 0u);
}

TEST(ContainerConfig, TellsWhichDevicesOnlyTheLabelAsksFor) {
    auto image =
        labelled(R"({"devices": [{"path": "/dev/kvm", "type": "c", "major": 10, "minor": 232, )"
                 R"("mode": "0660"}, {"path": "all", "type": "b"}]})");
    EXPECT_THAT(make("", image).summary.devices_of_label, ElementsAre("/dev/kvm", "all"));
    EXPECT_THAT(make("devices: [{path: all, type: b}]", image).summary.devices_of_label, IsEmpty());
}

TEST(ContainerConfig, LabelIsBelowTheYaml) {
    auto image =
        labelled("{\"capabilities\": [\"CAP_CHOWN\"], \"binds\": [\"/a:/a\"], \"readonly\": "
                 "true, \"net\": \"new\", \"command\": [\"/l\"]}");
    Made made = make("", image);
    EXPECT_TRUE(made.summary.readonly);
    EXPECT_THAT(made.summary.capabilities_of_label, ElementsAre("CAP_CHOWN"));
    EXPECT_THAT(made.summary.binds_of_label, ElementsAre("/a:/a:rw,rbind,rshared"));
    EXPECT_EQ(made.config["process"]["args"], json::array({"/l"}));

    made = make("capabilities.add: [CAP_BPF], binds.add: [\"/b:/b\"], readonly: false", image);
    EXPECT_FALSE(made.summary.readonly);
    EXPECT_THAT(made.summary.capabilities, ElementsAre("CAP_CHOWN", "CAP_BPF"));
    EXPECT_THAT(made.summary.capabilities_of_label, ElementsAre("CAP_CHOWN"));
    EXPECT_THAT(made.summary.binds_of_label, ElementsAre("/a:/a:rw,rbind,rshared"));
    EXPECT_FALSE(mount_at(made.config, "/b").is_null());

    made = make("capabilities: [], binds: [\"/b:/b\"], net: host", image);
    EXPECT_THAT(made.summary.capabilities, IsEmpty());
    EXPECT_TRUE(mount_at(made.config, "/a").is_null());
    EXPECT_EQ(made.config["linux"]["namespaces"][0]["type"], "pid");
}

TEST(ContainerConfig, IdsByName) {
    json user = make("uid: first, gid: s, additionalGids: [root, 5, s]").config["process"]["user"];
    EXPECT_EQ(user, json({{"uid", 100}, {"gid", 101}, {"additionalGids", {0, 5, 101}}}));
    EXPECT_THAT(fault("uid: nobody"), HasSubstr("os.yml:2:41: error: cannot find id: nobody\n"));
}

TEST(ContainerConfig, DevicesAndTheirRules) {
    json config = make("devices: [{path: all, type: b, major: 9}, {path: /dev/ttyS0, type: c, "
                       "major: 4, minor: 64, mode: \"0666\"}]")
                      .config["linux"];
    EXPECT_EQ(config["devices"], json::array({{{"path", "/dev/ttyS0"},
                                               {"type", "c"},
                                               {"major", 4},
                                               {"minor", 64},
                                               {"fileMode", 0666}}}));
    EXPECT_EQ(
        config["resources"]["devices"],
        json::array(
            {{{"allow", true}, {"type", "b"}, {"access", "rwm"}},
             {{"allow", true}, {"type", "c"}, {"major", 4}, {"minor", 64}, {"access", "rwm"}}}));
}

TEST(ContainerConfig, ResourcesArriveWithTheirNames) {
    json resources =
        make("resources: {memory: {limit: 5, kernelTCP: 6, disableOOMKiller: true}, blockio: "
             "{leafWeight: 7, throttleReadIOPSDevice: [{major: 8, minor: 0, rate: 1}]}, "
             "hugepageLimits: [{pageSize: 2097152, limit: 3}, {pageSize: 1GB}], network: {classID: "
             "4}}")
            .config["linux"]["resources"];
    EXPECT_EQ(resources["memory"],
              json({{"limit", 5}, {"kernelTCP", 6}, {"disableOOMKiller", true}}));
    EXPECT_EQ(resources["blockIO"]["leafWeight"], 7);
    EXPECT_EQ(resources["blockIO"]["throttleReadIOPSDevice"][0]["rate"], 1);
    EXPECT_EQ(resources["hugepageLimits"],
              json::array({{{"pageSize", "2MB"}, {"limit", 3}}, {{"pageSize", "1GB"}}}));
    EXPECT_EQ(resources["network"]["classID"], 4);
}

TEST(ContainerConfig, RlimitsSysctlsAndScores) {
    json config =
        make("rlimits: [\"nofile,100,unlimited\"], sysctl: {a.b: \"1\"}, oomScoreAdj: -8, "
             "noNewPrivileges: true, hostname: h, annotations: {x: y}, cgroupsPath: c, "
             "rootfsPropagation: shared, maskedPaths: [/m]")
            .config;
    EXPECT_EQ(config["process"]["rlimits"],
              json::array({{{"type", "RLIMIT_NOFILE"}, {"hard", UINT64_MAX}, {"soft", 100}}}));
    EXPECT_EQ(config["process"]["oomScoreAdj"], -8);
    EXPECT_EQ(config["process"]["noNewPrivileges"], true);
    EXPECT_EQ(config["linux"]["sysctl"], json({{"a.b", "1"}}));
    EXPECT_EQ(config["hostname"], "h");
    EXPECT_EQ(config["annotations"], json({{"x", "y"}}));
    EXPECT_EQ(config["linux"]["cgroupsPath"], "c");
    EXPECT_EQ(config["linux"]["rootfsPropagation"], "shared");
    EXPECT_EQ(config["linux"]["maskedPaths"], json::array({"/m"}));
}

TEST(ContainerConfig, UserNamespacesOfTheirOwn) {
    json config = make("userns: auto").config["linux"];
    EXPECT_EQ(config["uidMappings"],
              json::array({{{"containerID", 0}, {"hostID", 131072}, {"size", 65536}}}));
    EXPECT_EQ(config["gidMappings"], config["uidMappings"]);
    config =
        make("userns: new, uidMappings: [{containerID: 0, hostID: 7, size: 1}]").config["linux"];
    EXPECT_EQ(config["uidMappings"],
              json::array({{{"containerID", 0}, {"hostID", 7}, {"size", 1}}}));
    EXPECT_FALSE(config.contains("gidMappings"));
}

TEST(ContainerConfig, PrivateIdsSeeTheSystemsSysfs) {
    auto sys = [](const std::string& entry) {
        json mounts = make(entry).config["mounts"];
        return *std::ranges::find(mounts, "/sys",
                                  [](const json& one) { return one["destination"]; });
    };
    EXPECT_EQ(sys("userns: auto"), (json{{"destination", "/sys"},
                                         {"type", "bind"},
                                         {"source", "/sys"},
                                         {"options", {"rbind", "nosuid", "noexec", "nodev"}}}));
    EXPECT_EQ(sys("userns: auto, net: new")["type"], "sysfs");
    EXPECT_EQ(sys("userns: new")["type"], "sysfs");
}

TEST(ContainerConfig, SeccompOnlyWhenAskedFor) {
    EXPECT_FALSE(make("").config["linux"].contains("seccomp"));
    EXPECT_FALSE(make("seccomp: unconfined").config["linux"].contains("seccomp"));
    EXPECT_EQ(make("seccomp: default").config["linux"]["seccomp"]["defaultAction"],
              "SCMP_ACT_ERRNO");
    ImageEntry entry;
    entry.at.file = "examples/os.yml";
    entry.seccomp = "redis.json";
    EXPECT_EQ(seccomp_path(entry), "examples/redis.json");
    entry.seccomp = "default";
    EXPECT_EQ(seccomp_path(entry), std::nullopt);
}

TEST(RuntimeJson, AWritableRootIsAnOverlay) {
    json mounts = make("").runtime["mounts"];
    std::string bundle = "/containers/services/s";
    EXPECT_EQ(mounts[0],
              json({{"destination", bundle + "/tmp"}, {"type", "tmpfs"}, {"source", "tmpfs"}}));
    EXPECT_EQ(mounts[1],
              json({{"destination", bundle + "/tmp"}, {"options", {"remount", "private"}}}));
    EXPECT_EQ(mounts[2]["options"],
              json::array({"lowerdir=" + bundle + "/lower", "upperdir=" + bundle + "/tmp/upper",
                           "workdir=" + bundle + "/tmp/work"}));
}

TEST(RuntimeJson, AReadOnlyRootIsABind) {
    EXPECT_EQ(make("readonly: true").runtime["mounts"],
              json::array({{{"destination", "/containers/services/s/rootfs"},
                            {"source", "/containers/services/s/rootfs"},
                            {"options", {"bind"}}}}));
}

TEST(RuntimeJson, ARepeatedImagePointsAtItsFirstCopy) {
    json first = make("readonly: true", {}, "/containers/onboot/000-x/lower").runtime["mounts"];
    EXPECT_EQ(first[0]["source"], "/containers/onboot/000-x/lower");
    json second = make("", {}, "/containers/onboot/000-x/rootfs").runtime["mounts"];
    EXPECT_EQ(second[2]["options"][0], "lowerdir=/containers/onboot/000-x/rootfs");
}

TEST(RuntimeJson, HasEveryKeyOfTheRuntimeSection) {
    json runtime = make("runtime: {cgroups: [c], mkdir: [/d], mounts: [{type: tmpfs, destination: "
                        "/t}], interfaces: [{name: wg0, add: wireguard, createInRoot: true}], "
                        "bindNS: {net: /n}, namespace: x}")
                       .runtime;
    EXPECT_EQ(runtime["cgroups"], json::array({"c"}));
    EXPECT_EQ(runtime["mkdir"], json::array({"/d"}));
    EXPECT_EQ(runtime["mounts"][3], json({{"destination", "/t"}, {"type", "tmpfs"}}));
    EXPECT_EQ(runtime["interfaces"][0],
              json({{"name", "wg0"}, {"add", "wireguard"}, {"createInRoot", true}}));
    EXPECT_EQ(runtime["bindNS"]["net"], "/n");
    EXPECT_EQ(runtime["bindNS"].size(), 7u);
    EXPECT_EQ(runtime["namespace"], "x");
}

TEST(RuntimeJson, ExtensionsOnlyWhenSet) {
    json runtime = make("").runtime;
    for (auto key : {"restart", "after", "timeout", "optional"})
        EXPECT_FALSE(runtime.contains(key)) << key;
    runtime = make("restart: always, after: [first]").runtime;
    EXPECT_EQ(runtime["restart"], "always");
    EXPECT_EQ(runtime["after"], json::array({"first"}));
}

TEST(ContainerConfig, SaysTheSameTwice) {
    std::string keys = "capabilities: [all], binds: [\"/a:/b\"], sysctl: {b: \"1\", a: \"2\"}";
    EXPECT_EQ(make(keys).summary.config_json, make(keys).summary.config_json);
    EXPECT_EQ(make(keys).summary.runtime_json, make(keys).summary.runtime_json);
}
