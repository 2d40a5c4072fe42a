# Builds the addon with node-gyp: in a checkout by way of binding.gyp, where ebb is installed with `npx ebb build`. Paths are relative to
# this file.
{
  'targets': [
    {
      'target_name': 'ebb',
      'variables': {
        'addon_api_include': '<!(node -p "require(\'node-addon-api\').include_dir")',
      },
      'include_dirs': ['<(addon_api_include)'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_CPP_EXCEPTIONS_ALL'],
      'sources': ['addon.cc', 'poll.cc', 'regions.cc'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions'],
      'cflags_cc': ['-Wall', '-Wextra', '-Wno-cast-function-type', '-fvisibility=hidden'],
      'conditions': [
        ['OS=="win"', {
          'sources': ['os_pages_win.cc'],
          'defines': ['_WIN32_WINNT=0x0A00'],
          'msvs_settings': {
            'VCCLCompilerTool': {'ExceptionHandling': 1, 'AdditionalOptions': ['/std:c++17']},
          },
        }, {
          'sources': ['os_pages_posix.cc'],
        }],
        ['OS=="mac"', {
          'xcode_settings': {
            'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'CLANG_CXX_LIBRARY': 'libc++',
            'MACOSX_DEPLOYMENT_TARGET': '11.0',
          },
        }],
      ],
    },
  ],
}
