"""nginx's configuration: the benchmark's bucket from files, every other bucket from the emulator, both with a pause."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.bench.tiles import WRITTEN
from local.ports import LOOPBACK

CONTROL: Final = "/-/bench"
"""Where counts are read and the pause is set; no bucket has so short a name."""
COGS: Final = "cogs"
"""What requests of the benchmark's bucket are counted under."""
OTHERS: Final = "others"
"""What requests that go on to the emulator are counted under."""

_LUA: Final = Path(__file__).parent

_TEMPLATE: Final = """\
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{
  worker_connections 4096;
}}
http {{
  lua_package_path "{lua_library}/?.lua;;";
  lua_shared_dict bench 1m;
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  types {{ image/tiff tif; }}
  default_type binary/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 300s;
  keepalive_requests 1000000;
  merge_slashes off;
  ignore_invalid_headers off;
{upstream}
  server {{
    # A socket for each worker, so that the kernel spreads connections over them.
    listen {host}:{port} reuseport backlog=4096;
    set $counted {others};
    location = {control} {{
      content_by_lua_file {lua}/control.lua;
    }}
    location /{bucket}/ {{
      set $counted {cogs};
      access_by_lua_file {lua}/arrive.lua;
      log_by_lua_file {lua}/leave.lua;
      alias {files}/;
    }}
    # What obstore and boto3 ask for to list: /bucket?list-type=2
    location = /{bucket} {{
      set $counted {cogs};
      set $files {files};
      set $written {written};
      access_by_lua_file {lua}/arrive.lua;
      log_by_lua_file {lua}/leave.lua;
      content_by_lua_file {lua}/list.lua;
    }}
    location / {{
{passed_on}
    }}
  }}
}}
"""
_UPSTREAM: Final = """\
  upstream emulator {{
    server {host}:{port};
    keepalive 64;
  }}"""
# The name that the client used is part of its signature.
_PASSED_ON: Final = """\
      access_by_lua_file {lua}/arrive.lua;
      log_by_lua_file {lua}/leave.lua;
      proxy_pass http://emulator;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffers 64 64k;
      proxy_read_timeout 120s;"""
_NOT_HERE: Final = "      return 404;"


@dataclass(frozen=True, slots=True)
class Place:
    """What the server serves, and where.

    Attributes:
        port: Its port on loopback.
        bucket: The benchmark's bucket.
        files: The folder of that bucket.
        folder: What the server itself writes.
        root: Where the Debian packages were unpacked.
        emulator: Port of the emulator that has all other buckets; None for none.
        workers: How many processes.
        user: Whose they are, where root starts them; they could not read root's own files as nobody's.
    """

    port: int
    bucket: str
    files: Path
    folder: Path
    root: Path
    emulator: int | None = None
    workers: int = 2
    user: str | None = None


def configuration(place: Place) -> str:
    """The text of `nginx.conf`."""
    forwards = place.emulator is not None
    return _TEMPLATE.format(
        modules=place.root / "usr" / "lib" / "nginx" / "modules",
        lua_library=place.root / "usr" / "share" / "lua" / "5.1",
        user="" if place.user is None else f"user {place.user} {place.user};",
        workers=place.workers,
        folder=place.folder,
        upstream=_UPSTREAM.format(host=LOOPBACK, port=place.emulator) if forwards else "",
        passed_on=_PASSED_ON.format(lua=_LUA) if forwards else _NOT_HERE,
        host=LOOPBACK,
        port=place.port,
        control=CONTROL,
        bucket=place.bucket,
        files=place.files,
        written=WRITTEN,
        lua=_LUA,
        cogs=COGS,
        others=OTHERS,
    )
