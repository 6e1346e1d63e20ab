# cmake --install: headers, archives and a package, so that
#   find_package(raddle REQUIRED)
#   target_link_libraries(my_test PRIVATE raddle::gtest)
# works from anywhere.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/raddle)

# raddle_runtime is raddle::runtime outside: reached through raddle::raddle only.
install(
  TARGETS raddle_runtime raddle_raddle raddle_fiber_runtime raddle_fiber raddle_channel raddle_gtest
  EXPORT raddleTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET raddle_tool)
  install(TARGETS raddle_tool DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(
  EXPORT raddleTargets
  NAMESPACE raddle::
  DESTINATION ${package_dir})
configure_package_config_file(cmake/raddleConfig.cmake.in raddleConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(raddleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/raddleConfig.cmake
              ${PROJECT_BINARY_DIR}/raddleConfigVersion.cmake DESTINATION ${package_dir})
