"""Which Vulkan devices does this machine have, asked of the Vulkan loader itself, with the standard library alone.

Set-up runs this file before anything is installed, and the doctor runs it as a process of its own, because a broken driver may crash or hang the process that loads it::

    python harness/doctor/vulkan_probe.py
    {"device": {"name": "llvmpipe (...)", "type": "cpu", "driver": "llvmpipe", "info": "Mesa 25.0.7 (...)"}, "good": true, "complaint": "", "others": []}
"""

from __future__ import annotations

import ctypes as c
import glob
import json
import re
import sys

DEVICE_TYPES = ("other", "integrated", "discrete", "virtual", "cpu")
API_VERSION_1_2 = 1 << 22 | 2 << 12
VK_SUCCESS, VK_INCOMPLETE = 0, 5

# lavapipe (Mesa's software driver, whose device is called llvmpipe) is accepted by SAPIEN's renderer from this release on; with 22.3 it finds no rendering device.
MINIMUM_MESA = (24, 3)


class _ApplicationInfo(c.Structure):
    _fields_ = (
        ("sType", c.c_int),
        ("pNext", c.c_void_p),
        ("pApplicationName", c.c_char_p),
        ("applicationVersion", c.c_uint32),
        ("pEngineName", c.c_char_p),
        ("engineVersion", c.c_uint32),
        ("apiVersion", c.c_uint32),
    )


class _InstanceCreateInfo(c.Structure):
    _fields_ = (
        ("sType", c.c_int),
        ("pNext", c.c_void_p),
        ("flags", c.c_uint32),
        ("pApplicationInfo", c.c_void_p),
        ("enabledLayerCount", c.c_uint32),
        ("ppEnabledLayerNames", c.c_void_p),
        ("enabledExtensionCount", c.c_uint32),
        ("ppEnabledExtensionNames", c.c_void_p),
    )


class _DriverProperties(c.Structure):
    _fields_ = (
        ("sType", c.c_int),
        ("pNext", c.c_void_p),
        ("driverID", c.c_int),
        ("driverName", c.c_char * 256),
        ("driverInfo", c.c_char * 256),
        ("conformanceVersion", c.c_uint8 * 4),
    )


class _DeviceProperties2(c.Structure):
    _fields_ = (
        ("sType", c.c_int),
        ("pNext", c.c_void_p),
        ("apiVersion", c.c_uint32),
        ("driverVersion", c.c_uint32),
        ("vendorID", c.c_uint32),
        ("deviceID", c.c_uint32),
        ("deviceType", c.c_int),
        ("deviceName", c.c_char * 256),
        ("rest", c.c_uint8 * 1024),  # limits and sparse properties (about 550 bytes): not read
    )


def load_library() -> c.CDLL | None:
    """The system's Vulkan loader, or the one inside SAPIEN's wheel, which SAPIEN falls back to."""
    for name in ("libvulkan.so.1", *glob.glob(f"{sys.prefix}/lib/python3*/site-packages/sapien/vulkan_library/libvulkan.so.*")):
        try:
            return c.CDLL(name)
        except OSError:
            continue
    return None


class NoDevice(Exception):
    """There is nothing to render with; the message says what is missing."""


def devices() -> list[dict[str, str]]:
    vulkan = load_library()
    if vulkan is None:
        raise NoDevice("no Vulkan loader (libvulkan.so.1)")
    application = _ApplicationInfo(sType=0, pApplicationName=b"gauntlet", apiVersion=API_VERSION_1_2)
    create = _InstanceCreateInfo(sType=1, pApplicationInfo=c.addressof(application))
    instance = c.c_void_p()
    code = vulkan.vkCreateInstance(c.byref(create), None, c.byref(instance))
    if code != VK_SUCCESS:
        raise NoDevice(f"the Vulkan loader finds no usable driver (vkCreateInstance: {code})")
    count = c.c_uint32()
    vulkan.vkEnumeratePhysicalDevices(instance, c.byref(count), None)
    handles = (c.c_void_p * count.value)()
    if vulkan.vkEnumeratePhysicalDevices(instance, c.byref(count), handles) not in (VK_SUCCESS, VK_INCOMPLETE) or not count.value:
        raise NoDevice("the Vulkan drivers offer no device")
    return [_describe(vulkan, handle) for handle in handles[: count.value]]


def _describe(vulkan: c.CDLL, handle: int | None) -> dict[str, str]:
    driver = _DriverProperties(sType=1000196000)
    properties = _DeviceProperties2(sType=1000059001, pNext=c.addressof(driver))
    vulkan.vkGetPhysicalDeviceProperties2(c.c_void_p(handle), c.byref(properties))
    kind = properties.deviceType
    return {
        "name": properties.deviceName.decode(errors="replace"),
        "type": DEVICE_TYPES[kind] if 0 <= kind < len(DEVICE_TYPES) else "other",
        "driver": driver.driverName.decode(errors="replace"),
        "info": driver.driverInfo.decode(errors="replace"),
    }


def mesa_version(info: str) -> tuple[int, int] | None:
    """(25, 0) from ``Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6)``; None where it is not Mesa's."""
    found = re.search(r"Mesa (\d+)\.(\d+)", info)
    return (int(found[1]), int(found[2])) if found else None


def is_good(device: dict[str, str]) -> bool:
    """A GPU, or a lavapipe that is new enough."""
    version = mesa_version(device["info"])
    return device["type"] != "cpu" or version is None or version >= MINIMUM_MESA


def best(found: list[dict[str, str]]) -> dict[str, str]:
    """The device that rendering will use: a GPU before the CPU, a good one before an old one."""
    order = ("discrete", "integrated", "virtual", "other", "cpu")
    return min(found, key=lambda device: (not is_good(device), order.index(device["type"])))


def probe() -> dict:
    try:
        found = devices()
    except NoDevice as nothing:
        return {"device": None, "good": False, "complaint": str(nothing), "others": []}
    device = best(found)
    complaint = "" if is_good(device) else f"{device['name']} is of {device['info']}, older than Mesa {'.'.join(map(str, MINIMUM_MESA))}"
    return {
        "device": device,
        "good": is_good(device),
        "complaint": complaint,
        "others": [other["name"] for other in found if other is not device],
    }


if __name__ == "__main__":
    print(json.dumps(probe()))
