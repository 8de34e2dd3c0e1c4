# Makes the stencils (core/engine/stencil.h) and adds them to core: bodies.c is compiled
# once for each op_*.c, and extract reads the machine code out of the object files. They
# take what threaded dispatch by tail calls takes (core/engine/uop.h), so without it, or
# with a sanitizer's checks in them, there are none.
find_program(DISASSEMBLER NAMES objdump llvm-objdump llvm-objdump-19)
if(DISASSEMBLER AND CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 19
    AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND CMAKE_SYSTEM_NAME STREQUAL "Linux"
    AND NOT "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_DEBUG}" MATCHES "-fsanitize")
  set(A64_STENCILS ON)
  file(GLOB bodies CONFIGURE_DEPENDS core/isa/op_*.c)
  list(FILTER bodies EXCLUDE REGEX "op_fused")
  set(objects)
  foreach(source ${bodies})
    get_filename_component(name ${source} NAME_WE)
    add_library(stencil_${name} OBJECT core/stencil/bodies.c)
    target_compile_definitions(stencil_${name} PRIVATE
      STENCIL_SOURCE="core/isa/${name}.c")
    target_compile_options(stencil_${name} PRIVATE -O2 -march=x86-64-v3 -mno-movbe -g0 -fno-pic -fno-pie -mcmodel=small
      -ffunction-sections -fno-jump-tables -fno-asynchronous-unwind-tables
      -fno-stack-protector -fcf-protection=none -Wno-unused-function
      "SHELL:-mllvm -addr-sink-using-gep=false") # registers' addresses in the operands
    list(APPEND objects $<TARGET_OBJECTS:stencil_${name}>)
  endforeach()
  add_library(a64_anatomy STATIC core/stencil/anatomy.c core/stencil/values.c
    core/stencil/x86.c core/stencil/listing.c)
  add_executable(extract core/stencil/extract.c)
  target_link_libraries(extract a64_anatomy)
  set(table ${CMAKE_CURRENT_BINARY_DIR}/stencils.c)
  add_custom_command(OUTPUT ${table} COMMAND extract ${DISASSEMBLER} ${objects} > ${table}
    DEPENDS extract ${objects} COMMENT "Extracting stencils" COMMAND_EXPAND_LISTS VERBATIM)
  target_sources(a64_core PRIVATE ${table})
else()
  target_sources(a64_core PRIVATE core/stencil/none.c)
endif()
