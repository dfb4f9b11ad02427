/** What the frame of every page says, in both languages. */
import type { Both } from './language';

const en = {
  otherLanguage: '中文',
  toDark: 'Dark theme',
  toLight: 'Light theme',
  adapter: 'Adapter',
  opening: 'Opening WebGPU …',
  dismiss: 'Dismiss',
  noWebGPU: 'This page needs WebGPU',
  noWebGPUWhy: {
    insecure:
      'Browsers offer WebGPU only to secure pages, and this one was not loaded over https or from localhost.',
    missing: 'This browser does not offer WebGPU, which the page computes with.',
    adapter: 'This browser has WebGPU, but it found no graphics adapter to use.',
    other: 'WebGPU did not start.',
  },
  noWebGPUDo: {
    insecure: ['Open the page over https, or from localhost as npm start does.'],
    missing: [
      'Use a current Chrome or Edge, Safari 26, or Firefox 141 (Windows) or newer.',
      'On Linux, start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan.',
    ],
    adapter: [
      'Switch on hardware acceleration in the browser’s settings and restart it.',
      'Update the graphics driver.',
      'On Linux, start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan. Without any GPU add --use-webgpu-adapter=swiftshader.',
    ],
    other: ['Reload the page. If it happens again, restart the browser.'],
  },
  pages: 'Pages',
  siblings: 'Pages beside this one',
  skip: 'Skip to the content',
  software: 'a CPU stands in for the GPU',
  gpuReady: 'GPU ready',
  gpuSoftware: 'CPU stands in',
  gpuOpening: 'Opening GPU …',
  gpuMissing: 'No WebGPU',
  code: 'Code',
  package: 'npm',
  shareLink: 'Share',
  shared: 'Link copied',
  notShared: 'The link could not be copied. It is in the address bar.',
  nextPage: 'Next',
  licence: 'MIT licence. No server, no tracking, no cookies.',
  browsers: 'Runs in Chrome and Edge, Safari 26, Firefox 141 and newer.',
  noScript:
    'This page computes in your browser, with JavaScript and WebGPU. Without JavaScript you can read it, but nothing will move.',
  runs: {
    training: (step: number, loss: string) => `Training: step ${step}, loss ${loss}`,
    preparing: 'Training: preparing',
    paused: (step: number) => `Paused at step ${step}`,
  },
  pageFailed: 'This page could not be loaded',
};

export type FrameStrings = typeof en;

const zh: FrameStrings = {
  otherLanguage: 'English',
  toDark: '深色主题',
  toLight: '浅色主题',
  adapter: '适配器',
  opening: '正在打开 WebGPU……',
  dismiss: '关闭',
  noWebGPU: '此页面需要 WebGPU',
  noWebGPUWhy: {
    insecure: '浏览器只向安全页面提供 WebGPU，而此页面不是通过 https 或 localhost 打开的。',
    missing: '此浏览器不提供 WebGPU，而页面要用它来计算。',
    adapter: '此浏览器有 WebGPU，但没有找到可用的图形适配器。',
    other: 'WebGPU 未能启动。',
  },
  noWebGPUDo: {
    insecure: ['通过 https 打开页面，或像 npm start 那样从 localhost 打开。'],
    missing: [
      '请使用新版 Chrome 或 Edge、Safari 26，或 Firefox 141（Windows）及更新版本。',
      '在 Linux 上，用 --enable-unsafe-webgpu --enable-features=Vulkan 启动 Chrome。',
    ],
    adapter: [
      '在浏览器设置中打开硬件加速，然后重新启动浏览器。',
      '更新显卡驱动程序。',
      '在 Linux 上，用 --enable-unsafe-webgpu --enable-features=Vulkan 启动 Chrome；没有 GPU 时再加 --use-webgpu-adapter=swiftshader。',
    ],
    other: ['重新加载页面。如果再次出现，请重新启动浏览器。'],
  },
  pages: '页面',
  siblings: '相邻页面',
  skip: '跳到正文',
  software: '由 CPU 代替 GPU 计算',
  gpuReady: 'GPU 就绪',
  gpuSoftware: '由 CPU 代替',
  gpuOpening: '正在打开 GPU……',
  gpuMissing: '没有 WebGPU',
  code: '代码',
  package: 'npm',
  shareLink: '分享',
  shared: '链接已复制',
  notShared: '无法复制链接，请从地址栏复制。',
  nextPage: '下一页',
  licence: 'MIT 许可证。没有服务器，没有跟踪，没有 cookie。',
  browsers: '适用于 Chrome 和 Edge、Safari 26、Firefox 141 及更新版本。',
  noScript: '此页面在浏览器中用 JavaScript 和 WebGPU 计算。没有 JavaScript 时可以阅读，但不会有任何变化。',
  runs: {
    training: (step, loss) => `训练中：第 ${step} 步，损失 ${loss}`,
    preparing: '训练：准备中',
    paused: (step) => `已暂停在第 ${step} 步`,
  },
  pageFailed: '无法载入此页面',
};

export const FRAME: Both<FrameStrings> = { en, zh };
