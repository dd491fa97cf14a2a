#!/usr/bin/env bash
# Makes sure that off-screen VTK and Qt find their system libraries.
# Missing ones are installed with apt where the user may; otherwise one sentence names them.
set -u

# library that must load : Debian package that brings it
needs=(
  "libEGL.so.1:libegl1"
  "libGL.so.1:libgl1"
  "libglib-2.0.so.0:libglib2.0-0"
  "libxkbcommon.so.0:libxkbcommon0"
  "libfontconfig.so.1:libfontconfig1"
  "libdbus-1.so.3:libdbus-1-3"
)

[ "$(uname -s)" = Linux ] || exit 0
loadable=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null)
missing=()
for need in "${needs[@]}"; do
  grep -qF "${need%%:*} " <<<"$loadable" || missing+=("${need##*:}")
done
# The software renderer behind EGL is a plugin, not a linked library, and fonts are files.
compgen -G "/usr/lib/*/dri/swrast_dri.so" >/dev/null || compgen -G "/usr/lib*/dri/swrast_dri.so" >/dev/null ||
  compgen -G "/usr/lib/*/libgallium*.so" >/dev/null || missing+=("libgl1-mesa-dri")
compgen -G "/usr/share/fonts/*/*/*.ttf" >/dev/null || missing+=("fonts-dejavu-core")
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
fi
if command -v apt-get >/dev/null && [ "${as_root[*]-}" != false ]; then
  echo "Installing system libraries: ${missing[*]}"
  if { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "${missing[@]}"; } >/dev/null; then
    exit 0
  fi
fi
echo "Off-screen pictures need these system libraries, please install them: ${missing[*]}." >&2
exit 1
