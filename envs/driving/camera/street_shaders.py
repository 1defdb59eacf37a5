"""The shader pack that draws streets: a palette, one sun, and nothing else.

SAPIEN's own minimal pack loops over lights of five kinds, samples an environment map three times a pixel and writes positions and segmentation of every pixel: on a CPU (Mesa's lavapipe) that is two thirds of a picture's time. A street
needs a colour lit by one sun. The uniform blocks below are SAPIEN's interface (its vulkan_shader folder); what is computed from them is ours.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from harness.disk_cache import cached_tree, content_key

_CAMERA: Final = """
layout(set = 0, binding = 0) uniform CameraBuffer {
  mat4 viewMatrix;
  mat4 projectionMatrix;
  mat4 viewMatrixInverse;
  mat4 projectionMatrixInverse;
  float width;
  float height;
} cameraBuffer;
layout(set = 1, binding = 0) uniform ObjectTransformBuffer { mat4 modelMatrix; } objectTransformBuffer;
layout(set = 1, binding = 1) uniform ObjectDataBuffer { uvec4 segmentation; float transparency; int shadeFlat; } objectDataBuffer;
"""

VERTEX: Final = f"""#version 450
{_CAMERA}
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;
layout(location = 3) in vec3 tangent;
layout(location = 4) in vec3 bitangent;
layout(location = 0) out vec2 outUV;
layout(location = 1) out vec3 outNormal;

void main() {{
  outUV = uv;
  outNormal = mat3(objectTransformBuffer.modelMatrix) * normal;  // poses only turn and move: no inverse transpose is needed
  gl_Position = cameraBuffer.projectionMatrix * cameraBuffer.viewMatrix * objectTransformBuffer.modelMatrix * vec4(position, 1.0);
}}
"""

FRAGMENT: Final = f"""#version 450
layout(constant_id = 0) const int NUM_DIRECTIONAL_LIGHTS = 0;
{_CAMERA}
layout(set = 2, binding = 0) uniform MaterialBuffer {{
  vec4 emission;
  vec4 baseColor;
  float fresnel;
  float roughness;
  float metallic;
  float transmission;
  float ior;
  float transmissionRoughness;
  int textureMask;
  int padding1;
  vec4 textureTransforms[6];
}} materialBuffer;
layout(set = 2, binding = 1) uniform sampler2D colorTexture;
layout(set = 2, binding = 2) uniform sampler2D roughnessTexture;
layout(set = 2, binding = 3) uniform sampler2D normalTexture;
layout(set = 2, binding = 4) uniform sampler2D metallicTexture;
layout(set = 2, binding = 5) uniform sampler2D emissionTexture;
layout(set = 2, binding = 6) uniform sampler2D transmissionTexture;

struct PointLight {{ vec4 position; vec4 emission; }};
struct DirectionalLight {{ vec4 direction; vec4 emission; }};
struct SpotLight {{ vec4 position; vec4 direction; vec4 emission; }};
layout(set = 3, binding = 0) uniform SceneBuffer {{
  vec4 ambientLight;
  PointLight pointLights[10];
  DirectionalLight directionalLights[3];
  SpotLight spotLights[10];
  SpotLight texturedLights[1];
}} sceneBuffer;

layout(location = 0) in vec2 inUV;
layout(location = 1) in vec3 inNormal;
layout(location = 0) out vec4 outColor;

void main() {{
  vec3 albedo = texture(colorTexture, inUV).rgb;
  vec3 colour = texture(emissionTexture, inUV).rgb;
  float facing = max(dot(normalize(inNormal), -sceneBuffer.directionalLights[0].direction.xyz), 0.0) / 3.14159265;
  colour += albedo * (sceneBuffer.ambientLight.rgb + facing * sceneBuffer.directionalLights[0].emission.rgb);
  outColor = vec4(pow(clamp(colour, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}}
"""


@cache
def street_shaders() -> Path:
    """The pack's folder, in the cache."""

    def fill(folder: Path) -> None:
        (folder / "gbuffer.vert").write_text(VERTEX)
        (folder / "gbuffer.frag").write_text(FRAGMENT)

    return cached_tree("shaders", f"street-{content_key(VERTEX, FRAGMENT)}", fill)
