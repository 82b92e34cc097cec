/**
 * The words of the bundled libraries in the language of the page.
 *
 * English is the source text itself and passes through; Chinese comes from the tables below. A text without
 * a translation is shown as it is and counted in `missing`, which the browser tests read.
 */
import diagramWords from 'bpmn-js-i18n/translations/zn.js';

const formWords = {
  'Add new': '新增一项',
  'All values selected': '已全部选中',
  "binding path '{value}' is already claimed": '绑定路径“{value}”已被占用',
  'Click to remove sorting': '点击取消排序',
  'Click to sort by {value} ascending': '点击按{value}升序排列',
  'Click to sort by {value} descending': '点击按{value}降序排列',
  'Collapse': '收起',
  'Date and time must both be entered.': '日期和时间须同时填写。',
  'Decrement': '减少',
  'Document reference is not defined.': '未指定文档。',
  'Download {fileName}': '下载 {fileName}',
  'Expand all ({value})': '全部展开（{value}）',
  "External content couldn't be loaded.": '外部内容无法加载。',
  'Field is required.': '此项必填。',
  'Field must be a valid email.': '请填写正确的电子邮箱。',
  'Field must be a valid international phone number. (e.g. +4930664040900)': '请填写带国家代码的电话号码（例如 +8613800000000）。',
  'Field must have maximum length of {value}.': '不得超过 {value} 个字。',
  'Field must have maximum value of {value}.': '不得大于 {value}。',
  'Field must have minimum length of {value}.': '不得少于 {value} 个字。',
  'Field must have minimum value of {value}.': '不得小于 {value}。',
  'Field must match pattern {value}.': '格式不正确，应符合 {value}。',
  'In 3 days': '3 天后',
  'Increment': '增加',
  'Max validation value is not a valid number.': '表单设置的最大值不是数字，请联系流程负责人。',
  'Min validation value is not a valid number.': '表单设置的最小值不是数字，请联系流程负责人。',
  'More': '更多',
  'Next page': '下一页',
  'Next week': '下周',
  'No content to show.': '没有可显示的内容。',
  'No files selected': '未选择文件',
  'No results': '没有匹配的选项',
  'Nothing to show.': '没有可显示的内容。',
  'Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.': '请填写有效的数值，最接近的有效值是 {previousValue} 和 {nextValue}。',
  'Previous page': '上一页',
  'Remove list item {value}': '删除第 {value} 项',
  'Remove tag': '移除',
  'Search': '搜索',
  'Select': '请选择',
  'Skip to search': '跳到搜索',
  'Tomorrow': '明天',
  'Unable to download document': '文档无法下载',
  'Value is expected to be an integer.': '请填写整数。',
  'Value is expected to have at most 1 decimal digit.': '最多保留 1 位小数。',
  'Value is expected to have at most {value} decimal digits.': '最多保留 {value} 位小数。',
  'Value is not a number.': '请填写数字。',
  'hh:mm': '时:分',
  'hh:mm --': '时:分',
  'yyyy-mm-dd': '年-月-日',
  '{page} of {total}': '第 {page} 页，共 {total} 页',
  '{value} files selected': '已选择 {value} 个文件',
};

const viewerWords = {
  'Open {element}': '打开{element}',
  'Process diagram': '流程图',
  'Zoom in': '放大',
  'Zoom out': '缩小',
  'Fit to view': '显示全图',
  'Where it stands': '回到当前位置',
  'Full screen': '全屏',
  'Open stage diagram {element}': '打开阶段图“{element}”',
  '{count} here now': '当前有 {count} 个在此',
  'This diagram cannot be shown: {reason}': '流程图无法显示：{reason}',
};

const zh = { ...diagramWords, ...formWords, ...viewerWords };

/** Texts that were asked for in Chinese and have no translation. */
export const missing = new Set();

let spoken = 'zh';

/** Set the language of everything shown from now on; anything but English is Chinese. */
export function speak(lang) {
  spoken = String(lang ?? document.documentElement.lang ?? 'zh').toLowerCase().startsWith('en') ? 'en' : 'zh';
  return spoken;
}

/** The language that was set. */
export const language = () => spoken;

/** Translate `template` and fill its {placeholders}; a zero is a value, not a gap. */
export function say(template, replacements = {}) {
  let text = template;
  if (spoken === 'zh') {
    if (template in zh) text = zh[template];
    else missing.add(template);
  }
  return text.replace(/{([^}]+)}/g, (whole, key) => (key in replacements ? String(replacements[key]) : whole));
}

/** The diagram-js module that makes bpmn-js and form-js speak the language of the page. */
export const translateModule = { translate: ['value', say] };
