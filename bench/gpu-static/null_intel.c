// Makes Mesa's Intel driver (ANV) find an Intel GPU that is not there: preload it (LD_PRELOAD), with its PCI id in
// NULL_INTEL_ID (0x9a49: Tiger Lake). libdrm's calls answer for a device whose nodes are /dev/null, and the kernel's (i915)
// as far as ANV asks before it compiles. null_gpu_layer.c does the rest.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <i915_drm.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

enum { SUBSLICES = 6, EUS = 16 };
static uint32_t handles = 1;

static int pci_id(void) {
  const char *id = getenv("NULL_INTEL_ID");
  return id ? (int)strtol(id, NULL, 16) : 0x9a49;
}

static int is_ours(int fd) {
  char link[64], target[64] = {0};
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return readlink(link, target, sizeof target - 1) > 0 && strcmp(target, "/dev/null") == 0;
}

// ---- libdrm ----
static drmDevicePtr describe(void) {
  drmDevicePtr d = calloc(1, sizeof *d);
  d->nodes = calloc(DRM_NODE_MAX, sizeof *d->nodes);
  for (int i = 0; i < DRM_NODE_MAX; i++) d->nodes[i] = strdup("/dev/null");
  d->available_nodes = 1 << DRM_NODE_RENDER | 1 << DRM_NODE_PRIMARY;
  d->bustype = DRM_BUS_PCI;
  d->businfo.pci = calloc(1, sizeof *d->businfo.pci);
  d->businfo.pci->dev = 2;
  d->deviceinfo.pci = calloc(1, sizeof *d->deviceinfo.pci);
  d->deviceinfo.pci->vendor_id = 0x8086;
  d->deviceinfo.pci->device_id = pci_id();
  d->deviceinfo.pci->revision_id = 1;
  return d;
}
int drmGetDevices2(uint32_t flags, drmDevicePtr *out, int count) {
  if (out && count > 0) out[0] = describe();
  return 1;
}
int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *out) {
  *out = describe();
  return 0;
}
void drmFreeDevices(drmDevicePtr *devices, int count) {}
void drmFreeDevice(drmDevicePtr *device) {}
drmVersionPtr drmGetVersion(int fd) {
  drmVersionPtr v = calloc(1, sizeof *v);
  *v = (struct _drmVersion){.version_major = 1, .version_minor = 6, .name_len = 4, .name = strdup("i915"),
                            .date = strdup(""), .desc = strdup("")};
  return v;
}
void drmFreeVersion(drmVersionPtr version) {}
int drmGetCap(int fd, uint64_t capability, uint64_t *value) {
  *value = 1;
  return 0;
}
int drmSyncobjCreate(int fd, uint32_t flags, uint32_t *handle) {
  *handle = ++handles;
  return 0;
}
int drmSyncobjDestroy(int fd, uint32_t handle) { return 0; }

// ---- The kernel ----
static int parameter(int which) {
  switch (which) {
    case I915_PARAM_CHIPSET_ID: return pci_id();
    case I915_PARAM_CS_TIMESTAMP_FREQUENCY: return 19200000;
    case I915_PARAM_SUBSLICE_TOTAL: return SUBSLICES;
    case I915_PARAM_SUBSLICE_MASK: return (1 << SUBSLICES) - 1;
    case I915_PARAM_EU_TOTAL: return SUBSLICES * EUS;
    case I915_PARAM_MMAP_GTT_VERSION: return 4;
    case I915_PARAM_HAS_ALIASING_PPGTT: return 3;
    case I915_PARAM_HAS_SCHEDULER: return 7;
    case I915_PARAM_CMD_PARSER_VERSION: return 10;
    default: return 1;
  }
}

// First asked for the length of the answer, then for the answer.
static void query(struct drm_i915_query_item *item) {
  void *answer = (void *)(uintptr_t)item->data_ptr;
  int bytes;
  switch (item->query_id) {
    case DRM_I915_QUERY_TOPOLOGY_INFO:
    case DRM_I915_QUERY_GEOMETRY_SUBSLICES: {
      bytes = sizeof(struct drm_i915_query_topology_info) + 2 + 2 * SUBSLICES;
      if (item->length == 0) break;
      struct drm_i915_query_topology_info *t = memset(answer, 0, bytes);
      t->max_slices = 1;
      t->max_subslices = SUBSLICES;
      t->max_eus_per_subslice = EUS;
      t->subslice_offset = t->subslice_stride = 1;
      t->eu_offset = t->eu_stride = 2;
      t->data[0] = 1;
      t->data[1] = (1 << SUBSLICES) - 1;
      memset(t->data + 2, 0xff, 2 * SUBSLICES);
      break;
    }
    case DRM_I915_QUERY_ENGINE_INFO: {
      bytes = sizeof(struct drm_i915_query_engine_info) + 2 * sizeof(struct drm_i915_engine_info);
      if (item->length == 0) break;
      struct drm_i915_query_engine_info *e = memset(answer, 0, bytes);
      e->num_engines = 2;
      e->engines[0].engine.engine_class = I915_ENGINE_CLASS_RENDER;
      e->engines[1].engine.engine_class = I915_ENGINE_CLASS_COPY;
      break;
    }
    case DRM_I915_QUERY_MEMORY_REGIONS: {
      bytes = sizeof(struct drm_i915_query_memory_regions) + 2 * sizeof(struct drm_i915_memory_region_info);
      if (item->length == 0) break;
      struct drm_i915_query_memory_regions *m = memset(answer, 0, bytes);
      m->num_regions = 2; // Arc has memory of its own
      for (int i = 0; i < 2; i++) {
        m->regions[i].region.memory_class = i ? I915_MEMORY_CLASS_DEVICE : I915_MEMORY_CLASS_SYSTEM;
        m->regions[i].probed_size = m->regions[i].unallocated_size = (uint64_t)16 << 30;
        m->regions[i].probed_cpu_visible_size = m->regions[i].unallocated_cpu_visible_size = (uint64_t)16 << 30;
      }
      break;
    }
    default: bytes = -ENODEV;
  }
  item->length = bytes;
}

static int answer(unsigned long request, void *arg) {
  switch ((request & 0xff) - DRM_COMMAND_BASE) {
    case DRM_I915_GETPARAM: {
      drm_i915_getparam_t *p = arg;
      *p->value = parameter(p->param);
      break;
    }
    case DRM_I915_QUERY: {
      struct drm_i915_query *q = arg;
      for (unsigned i = 0; i < q->num_items; i++) query((struct drm_i915_query_item *)(uintptr_t)q->items_ptr + i);
      break;
    }
    case DRM_I915_GEM_CREATE: ((struct drm_i915_gem_create *)arg)->handle = ++handles; break;
    case DRM_I915_GEM_CREATE_EXT: ((struct drm_i915_gem_create_ext *)arg)->handle = ++handles; break;
    case DRM_I915_GEM_USERPTR: ((struct drm_i915_gem_userptr *)arg)->handle = ++handles; break;
    case DRM_I915_GEM_CONTEXT_CREATE: ((struct drm_i915_gem_context_create *)arg)->ctx_id = ++handles; break;
    case DRM_I915_GEM_VM_CREATE: ((struct drm_i915_gem_vm_control *)arg)->vm_id = ++handles; break;
    case DRM_I915_GEM_CONTEXT_GETPARAM: {
      struct drm_i915_gem_context_param *p = arg;
      p->value = p->param == I915_CONTEXT_PARAM_GTT_SIZE ? (uint64_t)1 << 48 : 1;
      break;
    }
    case DRM_I915_GEM_GET_APERTURE: {
      struct drm_i915_gem_get_aperture *a = arg;
      a->aper_size = a->aper_available_size = (uint64_t)4 << 30;
      break;
    }
    case DRM_I915_GEM_MMAP_GTT: ((struct drm_i915_gem_mmap_offset *)arg)->offset = (uint64_t)++handles << 22; break;
    default: break; // whatever else there is succeeds and does nothing
  }
  return 0;
}

int drmIoctl(int fd, unsigned long request, void *arg) { return answer(request, arg); }

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void *arg = va_arg(list, void *);
  va_end(list);
  if ((request >> 8 & 0xff) == DRM_IOCTL_BASE && is_ours(fd)) return answer(request, arg);
  static int (*next)(int, unsigned long, void *);
  if (!next) next = dlsym(RTLD_NEXT, "ioctl");
  return next(fd, request, arg);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
  static void *(*next)(void *, size_t, int, int, int, off_t);
  if (!next) next = dlsym(RTLD_NEXT, "mmap");
  if (fd < 0 || !is_ours(fd)) return next(at, bytes, protection, flags, fd, offset);
  return next(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | (flags & MAP_FIXED), -1, 0);
}
void *mmap64(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return mmap(at, bytes, protection, flags, fd, offset);
}
