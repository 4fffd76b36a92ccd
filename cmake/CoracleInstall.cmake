# SPDX-License-Identifier: Apache-2.0
# What is installed: the program and its links, packages and examples, guest programs, manual, completion.

install(TARGETS coracle RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(link linuxkit moby)
  install(CODE "file(CREATE_LINK coracle \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${link}\" SYMBOLIC)")
endforeach()

foreach(folder pkg kernel examples)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${folder})
    install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/coracle
            USE_SOURCE_PERMISSIONS)
  endif()
endforeach()

# Programs of the guest are found beside the tool, whatever the libexec directory of the distribution is.
foreach(program init service)
  install(TARGETS guest_${program} RUNTIME DESTINATION libexec/coracle/guest)
endforeach()

# The manual and the completion scripts are the program's own words.
set(words ${CMAKE_BINARY_DIR}/words)
add_custom_command(
  OUTPUT ${words}/man/coracle.1 ${words}/coracle.bash ${words}/coracle.zsh ${words}/coracle.fish
  COMMAND coracle manual ${words}/man
  COMMAND coracle completion bash > ${words}/coracle.bash
  COMMAND coracle completion zsh > ${words}/coracle.zsh
  COMMAND coracle completion fish > ${words}/coracle.fish
  DEPENDS coracle VERBATIM)
add_custom_target(words ALL DEPENDS ${words}/man/coracle.1)
install(DIRECTORY ${words}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
set(completions ${words}/coracle)
install(FILES ${completions}.bash RENAME coracle
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}.zsh RENAME _coracle
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completions}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
