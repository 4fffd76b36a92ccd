// SPDX-License-Identifier: Apache-2.0
// The supervisor with a runtime made of shell: "run" starts the bundle's `program` in the
// background.
#include "service/supervisor.h"

#include <csignal>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/directory.h"
#include "service/control.h"
#include "service/onboot.h"

namespace coracle::guest {
namespace {

using testing::HasSubstr;

constexpr const char* fake_runtime = R"(#!/bin/sh
case "$1$2" in
run--detach) # --bundle B --pid-file P ID
    test -x "$4/program" || { echo "no program"; exit 1; }
    # The program waits until this shell was reaped: as a container's process, it is nobody else's child.
    (while kill -0 $$ 2>/dev/null; do :; done; exec "$4/program") &
    echo $! > "$6" ;;
run--bundle) exec "$3/program" ;;
delete--force) echo "$3" >> "$(dirname "$0")/deleted" ;;
*) exit 99 ;;
esac
)";

class SupervisorTest : public testing::Test {
protected:
    SupervisorTest() {
        for (const char* part : {"services", "logs", "run", "onboot"})
            make_path(dir_ / part);
        write_file(dir_ / "runtime", fake_runtime, 0755);
        settings_.directory = dir_ / "services";
        settings_.logs = dir_ / "logs";
        settings_.run = dir_ / "run";
        settings_.control = dir_ / "control";
    }

    ~SupervisorTest() override {
        if (process_ > 0)
            shut_down();
    }

    void bundle(const std::string& path, const std::string& script,
                const std::string& json = "{}") {
        make_path(dir_ / path);
        if (!script.empty())
            write_file(dir_ / (path + "/program"), "#!/bin/sh\n" + script + "\n", 0755);
        write_file(dir_ / (path + "/runtime.json"), json);
    }

    /// Starts the supervisor and waits until it says that all are up: "STARTED/ALL".
    std::string begin() {
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        Fd read(ends[0]), write(ends[1]);
        process_ = ::fork();
        if (process_ == 0) {
            int log = ::open((dir_ / "console").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
            ::dup2(log, STDERR_FILENO);
            try {
                OciRuntime runtime(dir_ / "runtime", false);
                Supervisor(runtime, settings_).run([&](Supervisor::Count count) {
                    write_all(write.get(), fmt::format("{}/{}", count.started, count.all), "pipe");
                    write.reset();
                });
            } catch (...) {
                ::_exit(1);
            }
            ::_exit(0);
        }
        write.reset();
        char text[32];
        return std::string(text, read_some(read.get(), text, sizeof text, -1, "pipe"));
    }

    int shut_down() {
        ask("shutdown");
        int status = 0;
        ::waitpid(std::exchange(process_, -1), &status, 0);
        return status;
    }

    Answer ask(const std::string& request) { return ask_supervisor(request, settings_.control); }
    std::string text(const std::string& name) {
        return read_file_if_present(dir_ / name).value_or("");
    }

    /// Waits until a file holds a text.
    void await(const std::string& name, const std::string& wanted) {
        for (int i = 0; i < 1000 && text(name).find(wanted) == std::string::npos; ++i)
            ::poll(nullptr, 0, 10);
        ASSERT_THAT(text(name), HasSubstr(wanted));
    }

    TempDir dir_;
    ServiceSettings settings_;
    pid_t process_ = -1;
};

constexpr const char* sleeper =
    "trap 'echo bye; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done";

TEST_F(SupervisorTest, StartsServicesAndKeepsTheirOutput) {
    bundle("services/a", sleeper);
    EXPECT_EQ(begin(), "1/1");
    await("logs/a.log", "ready\n");
    EXPECT_THAT(text("logs/a.out.log"), HasSubstr("ready"));
    EXPECT_THAT(ask("list").text, HasSubstr("a     running"));
}

TEST_F(SupervisorTest, ShutsDownWithSigterm) {
    bundle("services/a", sleeper);
    begin();
    await("logs/a.log", "ready\n");
    EXPECT_EQ(shut_down(), 0);
    EXPECT_THAT(text("logs/a.log"), HasSubstr("bye"));
    EXPECT_EQ(text("deleted"), "a\n");
}

TEST_F(SupervisorTest, StartsAgainWhatHasEnded) {
    bundle("services/a", "echo once more; exit 7");
    begin();
    await("logs/a.log", "once more\nonce more\n");
    EXPECT_THAT(text("console"),
                HasSubstr("coracle: error: service 'a': ended with status 7; starting "
                          "it again in 0.5 s\n"));
}

TEST_F(SupervisorTest, LeavesAloneWhatShallNotBeRestarted) {
    bundle("services/never", "exit 7", R"({"restart": "never"})");
    bundle("services/good", "exit 0", R"({"restart": "on-failure"})");
    begin();
    await("deleted", "never\n");
    await("deleted", "good\n");
    EXPECT_THAT(ask("list").text, HasSubstr("never  ended"));
    EXPECT_THAT(ask("list").text, HasSubstr("good   ended"));
    auto status = ask("status never");
    EXPECT_FALSE(status.good);
    EXPECT_EQ(status.text, "ended: ended with status 7\n");
}

TEST_F(SupervisorTest, KeepsBadConfigurationToOneService) {
    bundle("services/bad", sleeper, "{\"mounts\": 1}");
    bundle("services/good", sleeper);
    EXPECT_EQ(begin(), "1/2");
    EXPECT_THAT(text("console"),
                HasSubstr("coracle: error: service 'bad': runtime.json: 'mounts' is not "
                          "a list\n"));
    auto answer = ask("start bad");
    EXPECT_FALSE(answer.good);
    EXPECT_EQ(answer.text, "service 'bad': runtime.json: 'mounts' is not a list\n");
}

TEST_F(SupervisorTest, SaysWhatTheRuntimeSaid) {
    bundle("services/a", "", R"({"restart": "never"})");
    EXPECT_EQ(begin(), "0/1");
    await("console",
          "coracle: error: service 'a': the OCI runtime failed with status 1: no program\n");
}

TEST_F(SupervisorTest, StopsStartsAndRestartsOnRequest) {
    bundle("services/a", sleeper);
    begin();
    await("logs/a.log", "ready\n");
    EXPECT_TRUE(ask("stop a").good);
    EXPECT_EQ(ask("status a").text, "stopped\n");
    EXPECT_TRUE(ask("start a").good);
    await("logs/a.log", "bye\nready\n");
    EXPECT_TRUE(ask("restart a").good);
    EXPECT_EQ(ask("status a").text, "running\n");
    await("logs/a.log", "bye\nready\nbye\nready\n");
}

TEST_F(SupervisorTest, KillsAtOnceWhatDoesNotListenToSigterm) {
    // As the first process of a pid namespace would, this one ignores what it does not handle.
    bundle("services/a", "trap '' TERM\necho ready\nwhile :; do sleep 0.05; done");
    begin();
    await("logs/a.log", "ready\n");
    EXPECT_TRUE(ask("stop a").good);
    EXPECT_EQ(ask("status a").text, "stopped\n");
}

TEST_F(SupervisorTest, TellsWhenAllServicesAreSteady) {
    settings_.steady_ms = 300;
    bundle("services/a", "exec sleep 1000");
    bundle("services/done", "exit 0", R"({"restart": "on-failure"})");
    EXPECT_EQ(begin(), "2/2");
    EXPECT_TRUE(ask("steady").good);
    EXPECT_THAT(ask("status a").text, HasSubstr("running"));
}

TEST_F(SupervisorTest, WaitsForServicesThatBecomeSteadyLater) {
    settings_.steady_ms = 300;
    bundle("services/a", "cd " + dir_.path() + "; test -e second || { touch second; exit 1; }\n" +
                             "exec sleep 1000");
    begin();
    EXPECT_TRUE(ask("steady").good);
    EXPECT_TRUE(exists(dir_ / "second"));
}

TEST_F(SupervisorTest, TellsWhichServiceWillNeverBeSteady) {
    settings_.steady_ms = 300;
    bundle("services/a", "exec sleep 1000");
    bundle("services/broken", "exit 3", R"({"restart": "never"})");
    begin();
    auto answer = ask("steady");
    EXPECT_FALSE(answer.good);
    EXPECT_EQ(answer.text, "service 'broken': ended with status 3\n");
}

TEST_F(SupervisorTest, StartsInTheOrderOfAfter) {
    bundle("services/a", sleeper, R"({"after": ["b", "nosuch"]})");
    bundle("services/b", "sleep 0.1; exec sleep 100");
    write_file(dir_ / "runtime",
               std::string(fake_runtime) + "echo $7 >> \"$(dirname \"$0\")/order\"\n", 0755);
    EXPECT_EQ(begin(), "2/2");
    EXPECT_EQ(text("order"), "b\na\n");
}

TEST_F(SupervisorTest, NoticesWhatEndsBeforeItsRuntimeAndIsReapedByIt) {
    bundle("services/a", "exit 0", R"({"restart": "never"})");
    write_file(dir_ / "runtime",
               "#!/bin/sh\ntest $1 = run || exit 0\n$4/program &\necho $! > $6\nwait\n", 0755);
    begin();
    for (int i = 0; i < 1000 && !ask("status a").text.starts_with("ended"); ++i)
        ::poll(nullptr, 0, 10);
    EXPECT_EQ(ask("status a").text, "ended: ended with a status that nobody has seen\n");
}

TEST_F(SupervisorTest, BreaksCircles) {
    bundle("services/a", sleeper, R"({"after": ["b"]})");
    bundle("services/b", sleeper, R"({"after": ["a"]})");
    EXPECT_EQ(begin(), "2/2");
    EXPECT_THAT(text("console"),
                HasSubstr("coracle: error: service 'a' waits for one that waits for it; "
                          "starting it now\n"));
}

TEST_F(SupervisorTest, RefusesWhatItDoesNotKnow) {
    bundle("services/a", sleeper);
    begin();
    EXPECT_EQ(ask("start b").text, "there is no service 'b'\n");
    EXPECT_EQ(ask("dance a").text, "there is no command 'dance'\n");
    EXPECT_EQ(ask("").text, "that is not a request\n");
    EXPECT_FALSE(ask("start a b").good);
    EXPECT_EQ(ask(std::string(600, 'x')).good, false);
}

TEST_F(SupervisorTest, IsToldToBeAbsent) { EXPECT_THROW(ask("list"), Error); }

TEST_F(SupervisorTest, RunsOnbootContainersInOrderAndTellsWhichFail) {
    bundle("onboot/000-one", "echo first");
    bundle("onboot/001-two", "echo second; exit 4");
    bundle("onboot/002-three", "exit 5", R"({"optional": true})");
    bundle("onboot/003-four", "echo last");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    EXPECT_FALSE(run_in_order(dir_ / "onboot", dir_ / "logs", OciRuntime(dir_ / "runtime", false),
                              "onboot"));
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "first\nsecond\nlast\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "coracle: error: onboot 'two' failed with status 4\n"
              "coracle: onboot 'three' failed with status 5 (it is optional)\n");
    EXPECT_EQ(text("logs/001-two.log"), "second\n");
}

TEST_F(SupervisorTest, EndsOnbootContainersThatTakeTooLong) {
    bundle("onboot/000-slow", "echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 1000",
           R"({"timeout": 1})");
    write_file(dir_ / "runtime",
               std::string(fake_runtime) + "kill $(cat \"$(dirname \"$0\")/onboot/$3/pid\")\n",
               0755);
    testing::internal::CaptureStderr();
    EXPECT_FALSE(run_in_order(dir_ / "onboot", dir_ / "logs", OciRuntime(dir_ / "runtime", false),
                              "onboot"));
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "coracle: error: onboot 'slow' did not end within 1 s\n");
}

} // namespace
} // namespace coracle::guest
