# cmake --install: headers, archives and a package for find_package(raddle).

include(CMakePackageConfigHelpers)
