#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inserts five objects into a street photo, each into the photo as it was, and says where the pictures are.
set -eu
cd "$(dirname "$0")/.."

SITU=build/release/situ
PHOTO=examples/leuven/leuvenA.jpg
OUT=out/demo
OBJECTS=("dog" "suitcase" "tiger" "bicycle" "garbage bag")

printf 'situ: inserting %d objects on the road of %s, one at a time (a few seconds each).\n' \
  "${#OBJECTS[@]}" "$PHOTO"
inserted=0
for object in "${OBJECTS[@]}"; do
  folder=$OUT/${object// /_}
  code=0
  # About as large as the small inpainter paints: beyond that its objects get soft.
  "$SITU" insert "$PHOTO" --object "$object" --location "the road" --seed 1 \
    --min-side 110 --max-side 140 --min-overlap 0.9 --bottom-overlap \
    --keep sheet --output "$folder" || code=$?
  case $code in
    0) inserted=$((inserted + 1)) ;;
    3) printf 'situ: no place or no good picture for "%s"; the reasons are in %s\n' \
      "$object" "$folder/leuvenA.json" ;;
    *)
      printf 'situ: the demo stopped at "%s": see the message above, or run "make clean" and "make demo".\n' \
        "$object" >&2
      exit "$code"
      ;;
  esac
done

printf '\nThe pictures (%d of %d objects were inserted):\n' "$inserted" "${#OBJECTS[@]}"
for object in "${OBJECTS[@]}"; do
  stem=$OUT/${object// /_}/leuvenA
  printf '  %s\n' "$object"
  printf '    %-15s %s\n' result "$stem.png" mask "${stem}_objects.png" record "$stem.json" \
    "contact sheet" "${stem}_sheet.png"
done
if [ "$inserted" -eq 0 ]; then
  echo "situ: not one object was inserted: the records say why, and another seed may help." >&2
  exit 1
fi
